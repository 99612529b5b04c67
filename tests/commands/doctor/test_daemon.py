"""What a station tells that runs, and what is made of it."""

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from station import __version__
from station.commands.doctor import daemon
from station.commands.doctor.daemon import Told, told_by
from station.commands.doctor.findings import Group, Result
from station.core.why_codes import Code, Standing, Step
from station.local.client import NotAnsweredError
from station.texts import catalogue
from tests.commands.doctor.place import bad, named

GOOD_LINE = {"frames": 1000, "timeouts": 2, "crc_errors": 0, "wrong_answers": 0}
METER = {
    "evse_id": 1,
    "serial": "001BZR1521070001",
    "model": "BAUER Electronic BSM-WS36A",
    "meter_firmware": "1.9",
    "communication_firmware": "abc",
    "warnings": [],
    "unfit": "",
    "known": True,
    "line": "meters",
    "unit": 42,
    "counters": GOOD_LINE,
}
STATION: dict[str, Any] = {
    "version": __version__,
    "started_at": "2026-11-21T10:00:00.123+00:00",
    "process_id": 4711,
    "memory_mib": 51.2,
    "meters": [METER],
    "lines": [{"name": "meters", "counters": GOOD_LINE}],
}


def told(**station: Any) -> Told:
    return Told(STATION | station)


def chain(step: Step, standing: Standing, code: Code, **more: Any) -> dict[str, Any]:
    link = {"step": step.value, "standing": standing.value, "code": code.value, "params": {}, **more}
    return {"evse_id": 1, "charging": False, "links": [link]}


# The socket


def test_without_a_station_nothing_is_told(tmp_path: Path) -> None:
    assert told_by(tmp_path) is None


def answering(folder: Path, line: bytes) -> threading.Thread:
    """Answer one request at the place of the control socket."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "control.sock"))
    server.listen()

    def answer() -> None:
        connection, _ = server.accept()
        with server, connection:
            connection.recv(4096)
            connection.sendall(line)

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def test_what_the_station_says_is_taken_as_it_is(tmp_path: Path) -> None:
    answer = {"ok": True, "answer": {"station": STATION, "why": [{"evse_id": 1}], "readers": []}}
    thread = answering(tmp_path, json.dumps(answer).encode() + b"\n")
    assert told_by(tmp_path) == Told(STATION, ({"evse_id": 1},))
    thread.join()


def test_a_station_that_refuses_to_tell_is_a_failure(tmp_path: Path) -> None:
    thread = answering(tmp_path, b'{"ok": false, "error": "not today"}\n')
    with pytest.raises(NotAnsweredError) as raised:
        told_by(tmp_path)
    thread.join()
    finding = daemon.silent(raised.value)
    assert (finding.result, finding.found) == (Result.FAILURE, "not today")


# The process


def test_a_station_that_runs_well_is_well() -> None:
    (finding,) = daemon.process(told(), runs=True)
    assert finding.result is Result.OK
    assert finding.found == f"runs since 2026-11-21 10:00:00 UTC, process 4711, 51 MiB, version {__version__}"


def test_one_that_does_not_run_is_no_failure() -> None:
    (finding,) = daemon.process(None, runs=False)
    assert finding.result is Result.SKIPPED


def test_one_that_tells_nothing_hides_what_only_it_can_reach() -> None:
    (finding,) = daemon.process(None, runs=True)
    assert (finding.result, finding.name) == (Result.WARNING, "facts")


def test_another_version_than_the_installed_one_is_a_warning() -> None:
    (finding,) = daemon.process(told(version="0.0.1"), runs=True)
    assert (finding.result, finding.remedy) == (Result.WARNING, "start it anew: systemctl restart station")


def test_a_part_that_crashes_is_a_failure() -> None:
    findings = list(daemon.process(told(crashes={"reader-front": "the port is gone"}), runs=True))
    assert named(findings, "reader-front").found == "ended with an error a moment ago: the port is gone"


# Meters and lines


def test_a_meter_that_answers_is_well() -> None:
    findings = list(daemon.meters(told(), (1,)))
    assert bad(findings) == {}
    assert named(findings, "EVSE 1").found.endswith("serial 001BZR1521070001, unit 42 on line meters")


@pytest.mark.parametrize(("meters", "result"), [([METER | {"known": False}], Result.FAILURE), ([], Result.FAILURE)])
def test_a_meter_that_was_never_met_is_a_failure(meters: list[Any], result: Result) -> None:
    (finding,) = daemon.meters(told(meters=meters), (1,))
    assert finding.result is result


def test_firmware_that_is_not_certified_is_a_warning() -> None:
    findings = list(daemon.meters(told(meters=[METER | {"warnings": ["Not on the list."]}]), (1,)))
    assert named(findings, "EVSE 1 firmware").found == "Not on the list."


@pytest.mark.parametrize(
    ("counters", "result"),
    [
        ({"frames": 1000, "timeouts": 49}, Result.OK),
        ({"frames": 1000, "timeouts": 30, "crc_errors": 21}, Result.WARNING),
        ({"frames": 1000, "wrong_answers": 51}, Result.WARNING),
        ({"frames": 99, "timeouts": 99}, Result.OK),  # too few to say anything; silence is told elsewhere
        ({}, Result.OK),
    ],
)
def test_a_line_that_loses_much_is_a_warning(counters: dict[str, int], result: Result) -> None:
    (finding,) = daemon.lines(told(lines=[{"name": "meters", "counters": counters}]))
    assert finding.result is result


# What keeps from charging


def test_hardware_that_stops_charging_is_a_failure_with_the_remedy_of_the_page() -> None:
    link = chain(Step.METER_ERROR, Standing.STOPS, Code.METER_SILENT, detail="no answer within 1 s")
    (finding,) = daemon.outlets(Told(STATION, (link,)))
    texts = catalogue("en")
    assert finding.result is Result.FAILURE
    assert finding.found == f"{texts['why.meter_silent']} (no answer within 1 s)"
    assert finding.remedy == texts["why.meter_silent.remedy"]


@pytest.mark.parametrize(
    ("step", "standing", "code"),
    [
        (Step.PLUG, Standing.WAITS, Code.PLUG_IN),
        (Step.CARD, Standing.STOPS, Code.CARD_WITHDRAWN),
        (Step.LIMIT, Standing.NOTE, Code.CABLE_UNRATED),
        (Step.CSMS, Standing.STOPS, Code.CSMS_AWAY),
    ],
)
def test_whoever_just_does_not_charge_is_no_failure(step: Step, standing: Standing, code: Code) -> None:
    (finding,) = daemon.outlets(Told(STATION, (chain(step, standing, code),)))
    assert (finding.result, finding.found) == (Result.OK, "nothing is wrong with its hardware")


def test_what_is_worth_knowing_of_the_meter_is_a_warning() -> None:
    (finding,) = daemon.outlets(Told(STATION, (chain(Step.METER_TIME, Standing.NOTE, Code.TIME_UNSURE),)))
    assert finding.result is Result.WARNING


def test_a_code_of_another_version_is_told_as_it_is() -> None:
    link = chain(Step.FAULT, Standing.STOPS, Code.FAULTED) | {}
    link["links"][0]["code"] = "invented_later"
    (finding,) = daemon.outlets(Told(STATION, (link,)))
    assert finding.found == "invented_later; `station why` tells more"


def test_every_code_about_hardware_has_texts_for_operators() -> None:
    texts = catalogue("en")
    assert {f"why.{code}" for code in Code} <= texts.keys()


def test_nothing_told_at_all_is_survived() -> None:
    empty = Told({})
    assert list(daemon.lines(empty)) == []
    assert list(daemon.outlets(empty)) == []
    assert [finding.result for finding in daemon.meters(empty, (1,))] == [Result.FAILURE]
    assert daemon.connection(empty, Group("csms"), "websocket").result is Result.FAILURE
    assert [finding.result for finding in daemon.process(empty, runs=True)] == [Result.WARNING]
