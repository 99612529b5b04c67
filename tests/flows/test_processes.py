"""The daemon as a process of its own: killed at any moment, started with what cannot work, told to end."""

import asyncio
import contextlib
import random
import signal
import sys
from pathlib import Path
from typing import Self

import pytest

from simulators.bench.bench import Bench
from simulators.mock_csms.server import MockCsms
from station.cli import UNUSABLE
from station.clock import SystemClock
from station.storage.database import Database
from station.storage.receipts import Receipts
from tests.flows.house import CARD, PASSWORD, SETTINGS, is_whole

pytestmark = pytest.mark.realtime

KILLS = 12
SESSION_S = 4.5
"""From the swipe to the signed end, with the bench's shortened times."""


class Daemon:
    """`station run` in a process of its own, against a bench and a CSMS in this one."""

    def __init__(self, folder: Path, csms_url: str) -> None:
        self.folder = folder
        self.config = folder / "station.toml"
        fast = '"OCPPCommCtrlr.RetryBackOffWaitMinimum" = 1\n"OCPPCommCtrlr.RetryBackOffRandomRange" = 0'
        self.config.write_text(
            SETTINGS.format(
                identity="STATION-1",
                url=csms_url,
                password=PASSWORD,
                folder=folder,
                variables=fast,
                station="",
                meter="",
            )
        )
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with (self.folder / "daemon.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "station", "run", "--config", str(self.config), stderr=log
            )

    async def end(self, number: signal.Signals) -> int:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        return await self._process.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end(signal.SIGKILL)


async def until(look: object, what: str, *, seconds: float = 30.0) -> None:
    assert callable(look)
    try:
        async with asyncio.timeout(seconds):
            while not look():
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise AssertionError(f"{what} did not come within {seconds} s") from error


@pytest.mark.timeout(400)
async def test_kill_9_at_any_moment_loses_nothing(tmp_path: Path, bench: Bench, csms: MockCsms) -> None:
    moments = random.Random(20261121)
    evse, reader, seen = bench.evse(1), bench.reader(1), csms.station("STATION-1")
    daemon = Daemon(tmp_path, csms.url)
    for _ in range(KILLS):
        seen.connectors.clear()
        async with daemon:
            await until(lambda: seen.connectors.get((1, 1)) == "Available", "Available")
            evse.plug()
            reader.swipe(CARD)
            stop = asyncio.get_running_loop().call_later(2.6, reader.swipe, CARD)
            # What is tested is the moment itself, so real time has to pass.
            await asyncio.sleep(moments.uniform(0.05, SESSION_S))
            stop.cancel()
        seen.connectors.clear()
        async with daemon:
            await until(lambda: not evse.contactor.closed, "an open contactor")
            await until(lambda: seen.connectors.get((1, 1)) in ("Occupied", "Available"), "the station awake again")
            # Who was authorized before the plug was seen may charge now: his time is not over (C01.FR.26).
            evse.unplug()
            await until(lambda: seen.connectors.get((1, 1)) == "Available", "Available again")
            await until(lambda: all(t.ended for t in seen.transactions.values()), "every Ended")
            await daemon.end(signal.SIGTERM)
    with Database.open(tmp_path / "state", SystemClock()) as database:
        receipts = {receipt.id: receipt for receipt in Receipts(database).list()}
    assert receipts
    assert receipts.keys() <= seen.transactions.keys()
    for transaction in seen.transactions.values():
        # Killed before the meter had signed, it has a beginning and an end, and nothing in between.
        signed = ["begin", "end"] if transaction.id in receipts else []
        assert is_whole(transaction, signed=signed), (transaction.id, transaction.problems)
        kept = receipts[transaction.id].records if signed else ()
        assert [record.ocmf for record in kept] == list(dict.fromkeys(value.data for _, value in transaction.signed))
    numbers = sorted(record.pagination for receipt in receipts.values() for record in receipt.records)
    assert numbers == list(range(1, len(numbers) + 1))  # everything that the meter signed


async def test_sigterm_ends_a_running_session_in_good_order(tmp_path: Path, bench: Bench, csms: MockCsms) -> None:
    seen = csms.station("STATION-1")
    async with Daemon(tmp_path, csms.url) as daemon:
        await until(lambda: seen.connectors.get((1, 1)) == "Available", "Available")
        bench.evse(1).plug()
        bench.reader(1).swipe(CARD)
        await until(lambda: bench.evse(1).contactor.closed, "energy")
        assert await daemon.end(signal.SIGTERM) == 0
        assert not bench.evse(1).contactor.closed
        await daemon.start()
        await until(lambda: all(t.ended for t in seen.transactions.values()), "Ended")
        assert all(is_whole(transaction) for transaction in seen.transactions.values())


async def test_a_reset_replaces_the_process(tmp_path: Path, bench: Bench, csms: MockCsms) -> None:
    seen = csms.station("STATION-1")
    async with Daemon(tmp_path, csms.url):
        await until(lambda: seen.connectors.get((1, 1)) == "Available", "Available")
        answer = await csms.call("STATION-1", "Reset", {"type": "Immediate"})
        assert answer["status"] == "Accepted"
        await until(lambda: len(seen.received("BootNotification")) == 2, "the second boot")
        assert seen.received("BootNotification")[1]["reason"] == "RemoteReset"
        await until(
            lambda: "ResetOrReboot" in [event["type"] for event in seen.received("SecurityEventNotification")],
            "the security event",
        )


async def run_to_end(config: Path) -> tuple[int, str]:
    """Run the daemon until it ends by itself; return exit code and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "station", "run", "--config", str(config), stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(30):
            _, text = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, text.decode()


async def test_a_missing_serial_port_is_one_clear_message(tmp_path: Path, csms: MockCsms) -> None:
    daemon = Daemon(tmp_path, csms.url)
    code, text = await run_to_end(daemon.config)
    assert code == UNUSABLE
    assert f"{tmp_path}/meter1" in text.splitlines()[-1]
    assert "Traceback" not in text


async def test_a_port_in_use_is_one_clear_message(tmp_path: Path, bench: Bench, csms: MockCsms) -> None:
    async with Daemon(tmp_path, csms.url) as daemon:
        await until(lambda: csms.station("STATION-1").connected, "the first station")
        other = tmp_path / "other.toml"
        other.write_text(daemon.config.read_text().replace('state_dir = "state"', 'state_dir = "other"'))
        code, text = await run_to_end(other)
    assert code == UNUSABLE
    assert "meter1" in text.splitlines()[-1]
    assert "in use" in text.splitlines()[-1]


async def test_a_second_station_on_the_same_state_is_refused(tmp_path: Path, bench: Bench, csms: MockCsms) -> None:
    async with Daemon(tmp_path, csms.url) as daemon:
        await until(lambda: csms.station("STATION-1").connected, "the first station")
        code, text = await run_to_end(daemon.config)
    assert code == UNUSABLE
    assert "in use by the station that runs" in text.splitlines()[-1]


async def test_bad_settings_name_file_key_and_what_is_allowed(tmp_path: Path) -> None:
    config = tmp_path / "station.toml"
    config.write_text('[station]\nidentity = "a:b"\n')
    code, text = await run_to_end(config)
    assert code == UNUSABLE
    assert f"{config}: station.identity" in text
    assert "Traceback" not in text


async def test_an_unwritable_state_folder_is_one_clear_message(tmp_path: Path, csms: MockCsms) -> None:
    daemon = Daemon(tmp_path, csms.url)
    # Nobody may make folders there, not even root.
    daemon.config.write_text(daemon.config.read_text().replace('state_dir = "state"', 'state_dir = "/proc/station"'))
    code, text = await run_to_end(daemon.config)
    assert code == UNUSABLE
    assert "/proc/station" in text.splitlines()[-1]
    assert "state_dir" in text.splitlines()[-1]


async def test_a_state_folder_that_is_a_file_is_one_clear_message(tmp_path: Path, csms: MockCsms) -> None:
    daemon = Daemon(tmp_path, csms.url)
    (tmp_path / "state").write_text("")
    code, text = await run_to_end(daemon.config)
    assert code == UNUSABLE
    assert str(tmp_path / "state") in text.splitlines()[-1]


async def test_a_corrupt_database_is_kept_aside_and_the_station_runs(
    tmp_path: Path, bench: Bench, csms: MockCsms
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "station.db").write_bytes(b"this is no database" * 500)
    async with Daemon(tmp_path, csms.url):
        await until(lambda: csms.station("STATION-1").connectors.get((1, 1)) == "Available", "Available")
    kept = list(state.glob("station.db.corrupt-*"))
    assert len(kept) == 1
    assert kept[0].read_bytes().startswith(b"this is no database")
    assert "database_was_corrupt" in (tmp_path / "daemon.log").read_text()
