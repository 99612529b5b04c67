"""What operators see: the whole station, its past minutes, log and messages, model, certificates and queue."""

from functools import partial
from typing import Final

from aiohttp import web

from station.errors import StorageError
from station.local.listing import WEIGHTS
from station.local.views import HistoryView, StationView
from station.web import metrics
from station.web.answers import (
    Certificates,
    EventsAnswer,
    EventView,
    MessagesAnswer,
    MessageView,
    Queue,
    Variables,
)
from station.web.asking import EVENT_STREAM, Ask, File, May, Parameter, Route
from station.web.audience import Audience
from station.web.places import EVSE, evse_of
from station.web.problems import not_found
from station.web.site import Site
from station.web.told import event_views, message_views

_AFTER: Final = Parameter("after", int, "Only what came after the one with this number.", default=0)
_LIMIT: Final = Parameter("limit", int, "The newest so many at most.", least=1, most=500, default=200)
_TEXT: Final = Parameter("text", str, "Only what holds this, in whatever case.", pattern=".{0,200}", default="")
_LEVEL: Final = Parameter("level", str, "From this level on.", pattern="|".join(WEIGHTS), default="debug")
_ACTION: Final = Parameter(
    "action", str, "Only calls of this action, and the answers to them.", pattern="[A-Za-z]{0,50}", default=""
)


def status(site: Site, _ask: Ask) -> StationView:
    return site.snapshots.station()


def history(site: Site, ask: Ask) -> HistoryView:
    return site.history.of(evse_of(site, ask))


async def events(site: Site, ask: Ask) -> EventsAnswer:
    wanted = partial(event_views, level=ask.values["level"], text=ask.values["text"])
    found = await site.workshop.do(wanted, site.events.after(ask.values["after"]))
    return EventsAnswer(site.events.number, found[-ask.values["limit"] :])


async def messages(site: Site, ask: Ask) -> MessagesAnswer:
    wanted = partial(message_views, action=ask.values["action"], text=ask.values["text"])
    found = await site.workshop.do(wanted, site.frames.after(ask.values["after"]))
    return MessagesAnswer(site.frames.number, found[-ask.values["limit"] :])


async def live(site: Site, ask: Ask) -> web.StreamResponse:
    operator = ask.operator
    assert operator is not None
    return await site.live.serve(
        ask.request, address=ask.address, audience=Audience.OPERATORS, still=lambda: site.access.still(operator)
    )


def model(site: Site, ask: Ask) -> Variables:
    return Variables(site.look.variables(ask.values["text"]))


def certificates(site: Site, _ask: Ask) -> Certificates:
    try:
        return Certificates(site.look.certificates())
    except OSError as error:
        raise StorageError(f"the certificates cannot be read: {error.strerror}") from error


def queue(site: Site, _ask: Ask) -> Queue:
    return Queue(site.look.queue(), site.look.dead_letters())


def numbers(site: Site, _ask: Ask) -> File:
    if not site.settings.metrics:
        raise not_found("there are no numbers: metrics is false in the section [web] of the settings")
    text = metrics.exposition(site.snapshots.station(), listeners=site.live.count)
    return File(text.encode(), metrics.MEDIA)


ROUTES = (
    Route("GET", "/api/v1/status", status, "The whole station."),
    Route(
        "GET",
        "/api/v1/outlets/{id}/history",
        history,
        "Power, current and voltage of an EVSE in the last minutes.",
        path_parameters=(EVSE,),
        long=True,
    ),
    Route(
        "GET",
        "/api/v1/events",
        events,
        "The newest lines of the log.",
        query=(_AFTER, _LEVEL, _TEXT, _LIMIT),
        long=True,
    ),
    Route(
        "GET",
        "/api/v1/messages",
        messages,
        "The newest OCPP messages, without their secrets.",
        query=(_AFTER, _ACTION, _TEXT, _LIMIT),
        long=True,
    ),
    Route(
        "GET",
        "/api/v1/operator/live",
        live,
        "The whole station each second, and log and messages as they come.",
        media=EVENT_STREAM,
        events={"status": StationView, "event": EventView, "message": MessageView},
    ),
    Route("GET", "/api/v1/model", model, "The device model.", query=(_TEXT,), long=True),
    Route("GET", "/api/v1/certificates", certificates, "Certificates that are installed."),
    Route("GET", "/api/v1/queue", queue, "Messages that wait for the CSMS, and those that were given up."),
    Route("GET", "/metrics", numbers, "The station in numbers, for Prometheus.", May.LOCAL, media=metrics.MEDIA),
)
