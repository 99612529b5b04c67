"""`station status`: an operator sees at a glance how the station stands."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.cli import UNUSABLE, main
from station.core.events import FaultRaised
from station.core.faults import Fault
from station.storage.outbox import Outbox
from tests.commands.daemon import Daemon
from tests.fakes import SERIAL
from tests.local.place import Place


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path) as daemon:
        yield daemon


def shown(daemon: Daemon, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert main(["status", *daemon.config, *more]) == 0
    return capsys.readouterr().out


def test_a_station_that_is_well_says_so(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(daemon, capsys)
    assert "station        CS001, Example Bench\n" in text
    assert "CSMS           connected and accepted\n" in text
    assert "ws://127.0.0.1:9000/ocpp (slot 1, security profile 1)" in text
    assert "no messages wait, none given up" in text
    assert "DE*ABC*E1  free" in text
    assert f"{SERIAL}  1.9 / 1.3  rs485 unit 42" in text
    assert "To be seen to" not in text


def test_a_session_shows_what_flows(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    async def charge(place: Place) -> None:
        await place.yard.charge()
        place.yard.meters[1].hardware.flow(1500)
        place.evses[1]._meter_side._reading = await place.yard.meters[1].read()

    daemon.do(charge)
    [line] = [line for line in shown(daemon, capsys).splitlines() if "DE*ABC*E1" in line]
    assert line.split() == ["1", "DE*ABC*E1", "charging", "0.00", "0.0", "0.0", "0.0", "1.50"]


def test_what_is_wrong_is_listed_with_what_to_do(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    async def break_it(place: Place) -> None:
        csms, outbox = place.csms, Outbox(place.database)
        csms.connected, csms.online, csms.last_failure = False, False, "the name csms.example is not known"
        now = place.clock.now()
        outbox.bury(outbox.put("TransactionEvent", "{}", created_at=now, offline=False), "refused", now)
        place.crashes["reader-front"] = "/dev/ttyREADER is missing"
        place.clock.follows = False
        place.lines["rs485"]._counted[42].timeouts = 5
        place.evses[2].post(FaultRaised(Fault.GROUND, "6 mA"))
        await place.yard.until(lambda: place.evses[2].session.faults)

    daemon.do(break_it)
    text = shown(daemon, capsys)
    for wanted in (
        "CSMS           not connected",
        "! CSMS, the last try: the name csms.example is not known",
        "! messages to the CSMS that were given up: 1, see station letters list",
        "! nobody says that the clock is right",
        "! reader-front crashed: /dev/ttyREADER is missing",
        "! EVSE 2: ResidualCurrent; what to do: station why 2",
    ):
        assert wanted in text
    assert [line.split()[-1] for line in text.splitlines() if "unit 42" in line] == ["5"]


def test_a_station_that_waits_for_acceptance_says_so(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.place.csms.online, daemon.place.csms.registration = False, "Pending"
    assert "connected, pending" in shown(daemon, capsys)
    daemon.place.csms.registration = ""
    assert "connected, not announced yet" in shown(daemon, capsys)


def test_programs_read_it_as_json(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    station = json.loads(shown(daemon, capsys, "--json"))
    assert (station["identity"], station["csms"]["online"]) == ("CS001", True)


def test_without_a_station_it_is_said_how_to_start_one(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.stop()
    assert main(["status", *daemon.config]) == UNUSABLE
    told = capsys.readouterr()
    assert told.out == ""
    assert "no station runs" in told.err
    assert "systemctl start station" in told.err


def test_the_folder_may_be_named_instead_of_the_settings(daemon: Daemon) -> None:
    assert main(["status", "--state-dir", str(daemon.place.folder)]) == 0
