"""What operators do."""

from collections.abc import Awaitable, Callable
from typing import Final

from station.local.views import Done, Refused
from station.web.answers import ResetBody, VariableBody
from station.web.asking import Ask, Route
from station.web.places import EVSE, evse_of, known_evse
from station.web.site import Site

WHO: Final = "web"


async def unlock(site: Site, ask: Ask) -> Done | Refused:
    return await site.acts.unlock(evse_of(site, ask), who=WHO)


async def stop(site: Site, ask: Ask) -> Done | Refused:
    return await site.acts.stop(evse_of(site, ask), who=WHO)


async def test_session(site: Site, ask: Ask) -> Done | Refused:
    return await site.acts.test_session(evse_of(site, ask), who=WHO)


async def reset(site: Site, ask: Ask) -> Done | Refused:
    evse_id = ask.body.evse_id
    return await site.acts.reset(None if evse_id is None else known_evse(site, evse_id), who=WHO)


async def set_variable(site: Site, ask: Ask) -> Done | Refused:
    body: VariableBody = ask.body
    return await site.acts.set_variable(body.name, body.value, who=WHO, confirmed=body.confirmed)


_Act = Callable[[Site, Ask], Awaitable[Done | Refused]]
_AT_AN_OUTLET: Final[tuple[tuple[str, _Act, str], ...]] = (
    ("unlock", unlock, "Let the plug go; a transaction is ended first."),
    ("stop", stop, "End what runs: signed, and reported as ended locally."),
    ("test-session", test_session, "Present the test card of the settings; once more ends what it began."),
)

ROUTES = (
    *(
        Route("POST", f"/api/v1/outlets/{{id}}/{name}", handler, about, path_parameters=(EVSE,))
        for name, handler, about in _AT_AN_OUTLET
    ),
    Route(
        "POST",
        "/api/v1/reset",
        reset,
        "Restart an EVSE, or the station, as soon as nobody charges there.",
        body=ResetBody,
    ),
    Route("PUT", "/api/v1/model", set_variable, "Set a variable as the CSMS would.", body=VariableBody),
)
