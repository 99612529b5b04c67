"""What the log shows, and what it never shows."""

import io
import json
import logging
import os
import pathlib

import pytest
import structlog
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidProxy, InvalidStatus, InvalidURI
from websockets.http11 import Response

from station import logs
from station.core.tokens import IdToken
from station.secret import Secret
from tests.fakes_clock import FakeClock


def lines(*, level="info", as_json=True, wire=False, name="station.meter", then):
    out = io.StringIO()
    logs.configure(level, as_json=as_json, wire=wire, stream=out, clock=FakeClock())
    then(structlog.get_logger(name))
    return out.getvalue()


def events(**how):
    return [json.loads(line) for line in lines(**how).splitlines()]


def test_a_json_line_has_time_level_logger_event_and_fields():
    assert events(then=lambda log: log.info("meter_identified", serial="001BZR1521070006")) == [
        {
            "timestamp": "2026-12-01T12:00:00.000Z",
            "level": "info",
            "logger": "station.meter",
            "event": "meter_identified",
            "serial": "001BZR1521070006",
        }
    ]


def test_a_console_line_reads_well_without_colours_when_nobody_watches():
    text = lines(as_json=False, then=lambda log: log.info("meter_identified", serial="7"))
    assert text == "2026-12-01T12:00:00.000Z [info     ] meter_identified             [station.meter] serial=7\n"


@pytest.mark.parametrize(("level", "shown"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_holds_back_what_is_below(level, shown):
    def tell(log):
        log.debug("a")
        log.info("b")
        log.warning("c")
        log.error("d")

    assert len(events(level=level, then=tell)) == shown


@pytest.mark.parametrize("level", ["debug", "info", "error"])
def test_raw_frames_are_shown_if_asked_for_whatever_the_level_and_else_never(level):
    def tell(log):
        log.debug("frame_sent", text="[2]")

    assert events(level=level, name=logs.WIRE, then=tell) == []
    assert len(events(level=level, wire=True, name=logs.WIRE, then=tell)) == 1


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(
    "fields",
    [
        {"secret": Secret("c0ffee")},
        {"password": "c0ffee"},
        {"id_token": "c0ffee"},
        {"idToken": {"idToken": "c0ffee", "type": "ISO14443"}},
        {"BasicAuthPassword": "c0ffee"},
        {"uid": "c0ffee"},
        {"token": IdToken("c0ffee", "ISO14443")},
        {"payload": {"chargingProfile": [{"idToken": "c0ffee"}]}},
        {"members": [Secret("c0ffee"), (Secret("c0ffee"),)]},
        {"nested": {"deep": [{"groupIdToken": {"idToken": "c0ffee"}}]}},
    ],
)
def test_secrets_are_masked_by_type_and_by_key_at_any_depth(fields, as_json):
    text = lines(as_json=as_json, then=lambda log: log.info("card_read", other="shown", **fields))
    assert "c0ffee" not in text
    assert "***" in text
    assert "shown" in text


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_does_not_show_local_variables(as_json):
    def tell(log):
        password = "c0" + "ffee"
        try:
            raise ValueError("broken") if password else AssertionError
        except ValueError:
            log.exception("component_crashed")

    text = lines(as_json=as_json, then=tell)
    assert "ValueError: broken" in text
    assert "c0ffee" not in text


PRIVATE_KEY = "-----BEGIN EC PRIVATE KEY-----\nc0ffee\nc0ffee=\n-----END EC PRIVATE KEY-----"


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "http://user:c0ffee@proxy.example:8080 isn't a valid proxy",
        "http://c0ffee@proxy.example",
        "Authorization: Basic c0ffeeRpb24xOnBhc3M=",
        "{'Authorization': 'Basic c0ffee=='}",
        "Bearer c0ffee.c0ffee-c0ffee",
        PRIVATE_KEY,
        PRIVATE_KEY[:50],
    ],
)
def test_secrets_in_a_text_or_in_a_traceback_are_masked_and_the_rest_is_not(text, as_json):
    def tell(log):
        try:
            raise ValueError(f"before: {text}")
        except ValueError as error:
            log.exception("link_crashed", error=str(error), after="shown")
            logging.getLogger("websockets").warning("failed: %s", text, exc_info=error)

    told = lines(as_json=as_json, then=tell)
    assert "c0ffee" not in told
    assert told.count("***") >= 4
    assert "before: " in told
    assert "shown" in told


@pytest.mark.parametrize(
    "text",
    ["wss://csms.example/ocpp/STATION%201", "a basic question", "mail to a@b.example, see https://b.example/@c"],
)
def test_what_is_no_secret_is_shown(text):
    assert events(then=lambda log: log.info("told", text=text))[0]["text"] == text


def test_the_errors_of_a_handshake_do_not_show_the_password():
    """The request that failed is in none of them, whatever the CSMS answered."""
    response = Response(401, "Unauthorized", Headers({"WWW-Authenticate": "Basic realm=x"}), b"")

    def tell(log):
        for error in (
            InvalidStatus(response),
            InvalidHandshake("broken"),
            InvalidProxy("http://user:c0ffee@proxy", "no port"),
            InvalidURI("ws://user:c0ffee@csms", "no path"),
        ):
            log.error("csms_not_connected", exc_info=error)

    told = lines(then=tell)
    assert "HTTP 401" in told
    assert "c0ffee" not in told


def test_ids_that_are_bound_to_a_task_are_in_each_line():
    def tell(log):
        with structlog.contextvars.bound_contextvars(evse=1):
            log.info("plugged_in")

    assert events(then=tell)[0]["evse"] == 1


def test_records_of_the_libraries_join_from_warning_up():
    def tell(_log):
        logging.getLogger("pymodbus").info("quiet")
        logging.getLogger("pymodbus").warning("late %s", "reply")
        logging.getLogger("asyncio").error("Task exception was never retrieved", exc_info=ValueError("lost"))

    told = events(then=tell)
    assert [(e["logger"], e["level"], e["event"]) for e in told] == [
        ("pymodbus", "warning", "late reply"),
        ("asyncio", "error", "Task exception was never retrieved"),
    ]
    assert "ValueError: lost" in told[1]["exception"]


def test_configuring_twice_does_not_double_the_lines():
    lines(then=lambda log: None)
    assert len(events(then=lambda log: logging.getLogger("x").warning("once"))) == 1


def test_a_stream_to_the_journal_gets_a_priority_before_every_line(tmp_path, monkeypatch):
    def tell(log):
        log.info("started")
        log.error("crashed", exc_info=ValueError("broken"))

    path = tmp_path / "journal"
    with path.open("w") as stream:
        stat = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{stat.st_dev}:{stat.st_ino}")
        logs.configure(stream=stream)
        tell(structlog.get_logger())
    written = path.read_text().splitlines()
    assert written[0].startswith("<6>")
    assert len(written) > 2
    assert all(line.startswith("<3>") for line in written[1:])


def test_another_stream_gets_no_priority(tmp_path, monkeypatch):
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    path = tmp_path / "log"
    with path.open("w") as stream:
        logs.configure(stream=stream)
        structlog.get_logger().info("started")
    assert not path.read_text().startswith("<")


def test_a_log_that_cannot_be_written_stops_nobody():
    with pathlib.Path("/dev/full").open("w") as full:
        logs.configure(stream=full)
        structlog.get_logger().info("started")
        with pytest.raises(OSError, match="No space"):
            full.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())


def test_a_tee_hears_each_line_that_is_written_with_its_secrets_masked_and_no_raw_frame():
    heard = []
    logs.configure(
        "info", as_json=True, wire=True, stream=io.StringIO(), clock=FakeClock(), tee=lambda *h: heard.append(h)
    )
    structlog.get_logger("station.meter").info("meter_identified", serial="001", password="secret")
    structlog.get_logger("station.meter").debug("held_back")
    structlog.get_logger(logs.WIRE).debug("frame_sent", frame="[2]")
    ((name, event),) = heard
    assert name == "station.meter"
    assert (event["event"], event["serial"], event["password"]) == ("meter_identified", "001", "***")
