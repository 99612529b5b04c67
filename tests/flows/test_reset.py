"""Resets of a station and of an EVSE as whole stories, and what a new start finds and says."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ocpp.v201.enums import BootReasonEnumType

from simulators.bench.bench import Bench
from simulators.mock_csms.server import MockCsms
from station.app import Outcome
from station.commands.run import SERVICE_RESULT
from tests.flows.house import CARD, House, is_whole
from tests.flows.house import until as in_time
from tests.flows.test_processes import Daemon, until


def told(house: House) -> list[str]:
    """Return the statuses of the connector in the order in which they came."""
    return [status["connectorStatus"] for status in house.seen.received("StatusNotification")]


async def availability(house: House, operational_status: str, **evse: int) -> str:
    named: dict[str, Any] = {"evse": evse} if evse else {}
    answer = await house.call("ChangeAvailability", operationalStatus=operational_status, **named)
    return str(answer["status"])


# The station


@pytest.mark.ocpp("B11.FR.03", "B11.FR.04", "B01.FR.03", "B01.FR.05")
@pytest.mark.parametrize("kind", ["Immediate", "OnIdle"])
async def test_an_idle_station_restarts_and_registers_anew(tmp_path: Path, kind: str) -> None:
    async with House(tmp_path) as house:
        assert (await house.call("Reset", type=kind))["status"] == "Accepted"
        assert await house.ended() is Outcome.RESTART
        assert house.station is not None
        house.seen.connectors.clear()
        await house.start(reason=house.station.restart_reason or BootReasonEnumType.unknown)
        boots = house.seen.received("BootNotification")
        assert [boot["reason"] for boot in boots] == ["PowerUp", "RemoteReset"]
        assert house.seen.problems == ()


@pytest.mark.ocpp("B12.FR.01", "B12.FR.03", "B11.FR.07")
async def test_a_scheduled_reset_happens_after_the_driver_and_says_so(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        assert (await house.call("Reset", type="OnIdle"))["status"] == "Scheduled"
        assert (await house.call("Reset", type="OnIdle"))["status"] == "Scheduled"
        house.swipe()
        assert await house.ended() is Outcome.RESTART
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason in (None, "Local")
        assert house.station is not None
        assert house.station.restart_reason is BootReasonEnumType.scheduled_reset


@pytest.mark.ocpp("B12.FR.04", "B12.FR.05")
async def test_a_reset_that_happens_while_the_csms_is_away_loses_nothing(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        assert (await house.call("Reset", type="Immediate"))["status"] == "Accepted"
        await house.csms.go_away(abruptly=True)
        assert await house.ended() is Outcome.RESTART
        assert not house.contactor_closed
        await house.start(reason=BootReasonEnumType.remote_reset, wait=False)
        await asyncio.sleep(60)
        await house.csms.come_back()
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "ImmediateReset"
        ended = transaction.events[-1].payload
        assert (ended["triggerReason"], ended["offline"]) == ("ResetCommand", True)
        assert house.seen.received("BootNotification")[-1]["reason"] == "RemoteReset"


@pytest.mark.ocpp("B12.FR.05")
async def test_events_that_the_csms_does_not_answer_do_not_hold_up_a_reset(tmp_path: Path) -> None:
    async with House(tmp_path, variables='"OCPPCommCtrlr.MessageTimeout[Default]" = 5') as house:
        transaction_id = await house.charge()
        house.csms.override("STATION-1", "TransactionEvent", silent=True)
        await house.call("Reset", type="Immediate")
        assert await house.ended() is Outcome.RESTART
        house.csms.reset_override("STATION-1", "TransactionEvent")
        await house.start(reason=BootReasonEnumType.remote_reset, wait=False)
        transaction = await house.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "ImmediateReset"


# One EVSE


@pytest.mark.ocpp("B11.FR.08", "B12.FR.08")
async def test_an_evse_is_reset_under_a_driver_and_charges_again_without_a_boot(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        first = await house.charge()
        assert (await house.call("Reset", type="Immediate", evseId=1))["status"] == "Accepted"
        transaction = await house.finished(first)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "ImmediateReset"
        await in_time(lambda: told(house)[-2:] == ["Unavailable", "Occupied"], "the EVSE awake again")
        house.unplug()
        await house.status("Available")
        second = await house.charge()
        house.swipe()
        assert is_whole(await house.finished(second))
        assert len(house.seen.received("BootNotification")) == 1


@pytest.mark.ocpp("B12.FR.07")
async def test_an_evse_waits_for_its_driver_before_a_reset_on_idle(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        assert (await house.call("Reset", type="OnIdle", evseId=1))["status"] == "Scheduled"
        await asyncio.sleep(60)
        assert house.contactor_closed
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
        await in_time(lambda: told(house)[-2:] == ["Unavailable", "Occupied"], "the EVSE awake again")


# Out of service


@pytest.mark.ocpp("B11.FR.02", "B01.FR.07", "G03.FR.04", "G03.FR.08", "G04.FR.05", "G04.FR.09")
@pytest.mark.parametrize("evse", [{}, {"id": 1}, {"id": 1, "connectorId": 1}])
async def test_what_is_out_of_service_stays_so_over_a_reset(tmp_path: Path, evse: dict[str, int]) -> None:
    async with House(tmp_path) as house:
        assert await availability(house, "Inoperative", **evse) == "Accepted"
        await house.status("Unavailable")
        await house.call("Reset", type="OnIdle")
        await house.ended()
        house.seen.connectors.clear()
        before = len(told(house))
        await house.start(reason=BootReasonEnumType.remote_reset, wait=False)
        await house.status("Unavailable")
        house.plug()
        house.swipe()
        await asyncio.sleep(60)
        assert set(told(house)[before:]) == {"Unavailable"}
        assert house.seen.transactions == {}
        assert await availability(house, "Operative", **evse) == "Accepted"
        await house.status("Occupied")
        house.swipe()
        await house.power()


@pytest.mark.ocpp("G03.FR.05", "G03.FR.04")
async def test_who_charges_is_not_thrown_out_and_the_connector_closes_behind_him(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        transaction_id = await house.charge()
        assert await availability(house, "Inoperative", id=1) == "Scheduled"
        await asyncio.sleep(60)
        assert house.contactor_closed
        house.swipe()
        assert is_whole(await house.finished(transaction_id))
        await house.status("Unavailable")
        house.unplug()
        await asyncio.sleep(30)
        assert told(house)[-1] == "Unavailable"


# Processes


@pytest.fixture
def service_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What the daemon tells systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


@pytest.mark.realtime
@pytest.mark.ocpp("B01.FR.03", "B01.FR.09")
async def test_each_start_says_why_it_happens(tmp_path: Path, bench: Bench, csms: MockCsms) -> None:
    seen = csms.station("STATION-1")

    async def booted(times: int) -> list[str]:
        await until(lambda: len(seen.received("BootNotification")) == times, f"boot {times}")
        await until(lambda: seen.connectors.get((1, 1)) == "Available", "Available")
        seen.connectors.clear()
        return [boot["reason"] for boot in seen.received("BootNotification")]

    daemon = Daemon(tmp_path, csms.url)
    async with daemon:
        await booted(1)
        await daemon.end(signal.SIGTERM)
        await daemon.start()
        await booted(2)
        await daemon.end(signal.SIGKILL)
        await daemon.start()
        await booted(3)
        await daemon.end(signal.SIGKILL)
        (tmp_path / "state" / SERVICE_RESULT).write_text("watchdog")
        await daemon.start()
        reasons = await booted(4)
    assert reasons == ["PowerUp", "LocalReset", "ApplicationReset", "Watchdog"]
    assert not (tmp_path / "state" / SERVICE_RESULT).exists()


@pytest.mark.realtime
@pytest.mark.ocpp("B11.FR.03", "B12.FR.04", "B12.FR.05")
async def test_a_reset_under_a_driver_restarts_the_process_under_its_id(
    tmp_path: Path, bench: Bench, csms: MockCsms, service_manager: socket.socket
) -> None:
    seen = csms.station("STATION-1")
    async with Daemon(tmp_path, csms.url) as daemon:
        await until(lambda: seen.connectors.get((1, 1)) == "Available", "Available")
        assert daemon._process is not None
        started = _started(daemon._process.pid)
        for reset in (1, 2):
            bench.evse(1).plug()
            bench.reader(1).swipe(CARD)
            await until(lambda: bench.evse(1).contactor.closed, "energy")
            await csms.call("STATION-1", "Reset", {"type": "Immediate"})
            await until(lambda n=reset: len(seen.received("BootNotification")) == n + 1, "the boot")
            await until(lambda n=reset: sum(t.ended for t in seen.transactions.values()) == n, "Ended")
            bench.evse(1).unplug()
            await until(lambda: seen.connectors.get((1, 1)) == "Available", "Available")
        assert _started(daemon._process.pid) == started  # execv keeps both
        assert await daemon.end(signal.SIGTERM) == 0
    boots = [boot["reason"] for boot in seen.received("BootNotification")]
    assert boots == ["PowerUp", "RemoteReset", "RemoteReset"]
    assert all(is_whole(transaction) for transaction in seen.transactions.values())
    # systemd kills who says STOPPING and goes on.
    assert heard(service_manager) == ["READY=1", "READY=1", "READY=1", "STOPPING=1"]


def heard(service_manager: socket.socket) -> list[str]:
    texts = []
    with contextlib.suppress(BlockingIOError):
        while True:
            texts.append(service_manager.recv(100).decode())
    return texts


def _started(pid: int) -> str:
    """Return when the kernel started a process (proc(5), stat field 22)."""
    os.kill(pid, 0)
    return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[19]
