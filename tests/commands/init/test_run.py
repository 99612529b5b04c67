"""`station init` as an installer calls it, up to the first session."""

import asyncio
import json
import os
import pty
import shutil
import signal
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings as CsmsSettings
from station.cli import UNUSABLE, main
from station.settings import load
from station.web.access_file import AccessFile
from station.web.hashing import is_password
from tests.commands.doctor.place import PASSWORD
from tests.flows.house import CARD, is_whole

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(120)]

COMMAND = (sys.executable, "-m", "station")


async def station(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def arguments(folder: Path, url: str) -> tuple[str, ...]:
    """Return what an installer says who knows everything."""
    (folder / "given").write_text(PASSWORD)
    return (
        *("init", "--yes", "--folder", str(folder / "new"), "--csms-url", url, "--identity", "CS-NEW"),
        *("--ports", str(folder / "meter1"), str(folder / "controller1"), "--reader", str(folder / "reader1")),
        *("--csms-password-file", str(folder / "given"), "--evse-id", "DE*ABC*E77", "--trust-clock"),
        *("--timezone", "Europe/Berlin", "--installer", "Ada"),
    )


def password(out: str, what: str) -> str:
    """Return a password that was made: it stands among the last lines, where it is not overlooked."""
    (made,) = (line for line in out.partition("\nnext\n")[2].splitlines() if line.strip().startswith(what))
    return made.rpartition(": ")[2]


async def until(look: Any, what: str) -> None:
    try:
        async with asyncio.timeout(30):
            while not look():
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise AssertionError(f"{what} did not come") from error


async def test_a_new_folder_leads_to_a_first_session(tmp_path: Path) -> None:
    bench_settings = plain(tmp_path, time_scale=0.05, energy_scale=600)
    async with Bench(bench_settings) as bench, MockCsms(CsmsSettings(password=PASSWORD)) as csms:
        code, out, err = await station(*arguments(tmp_path, csms.url), "--web", "--web-port", "0")
        assert (code, err) == (0, ""), out
        assert "all is well" in out
        file = tmp_path / "new" / "station.toml"
        code, out, _ = await station("config", "check", str(file))
        assert (code, "note:" in out) == (0, False), out
        code, out, _ = await station("doctor", "--config", str(file))
        assert code == 0, out
        with (tmp_path / "log").open("wb") as log:
            daemon = await asyncio.create_subprocess_exec(*COMMAND, "run", "--config", str(file), stderr=log)
        try:
            await charge(bench, csms)
        finally:
            daemon.send_signal(signal.SIGTERM)
            await daemon.wait()
        (transaction,) = csms.transactions.values()
    assert is_whole(transaction)


async def charge(bench: Bench, csms: MockCsms) -> None:
    """Charge a little, as a driver does."""
    seen = csms.station("CS-NEW")
    await until(lambda: seen.connectors.get((1, 1)) == "Available", "Available")
    bench.evse(1).plug()
    bench.reader(1).swipe(CARD)
    await until(lambda: bench.state()["evses"][0]["power_w"] > 0, "power")
    await asyncio.sleep(4)  # a card that is just left there ends nothing
    bench.reader(1).swipe(CARD)
    await until(lambda: any(transaction.ended for transaction in csms.transactions.values()), "Ended")


async def test_what_is_written_belongs_together(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)) as bench, MockCsms(CsmsSettings(password=PASSWORD)) as csms:
        code, out, err = await station(*arguments(tmp_path, csms.url), "--web", "--web-port", "0")
        key = bench.evse(1).meter.public_key.hex()
    assert (code, err) == (0, ""), out
    new = tmp_path / "new"
    settings = load(new / "station.toml")
    assert (settings.station.identity, settings.evses[0].name) == ("CS-NEW", "DE*ABC*E77")
    assert settings.csms.password is not None
    assert settings.csms.password.reveal() == PASSWORD
    assert stat.S_IMODE((new / "csms-password").stat().st_mode) == 0o600
    assert stat.S_IMODE((new / "state").stat().st_mode) == 0o700
    made = password(out, "password for operators")
    assert is_password(made, AccessFile(new / "state").read().password)
    (html,) = new.glob("commissioning-*.html")
    (document,) = new.glob("commissioning-*.json")
    told = json.loads(document.read_text())
    assert told["made_by"] == "Ada"
    assert told["evses"][0]["meter"]["public_key"] == key
    assert {check["result"] for check in told["checks"]} == {"ok", "skipped"}
    assert key in html.read_text()
    assert "DE*ABC*E77" in (new / "labels.html").read_text()
    written = "".join(file.read_text() for file in new.iterdir() if file.is_file() and file.name != "csms-password")
    assert PASSWORD not in written + out
    assert made not in written


def test_a_second_init_leaves_everything_as_it_is(tmp_path: Path, capsys: Any) -> None:
    new = tmp_path / "new"
    again = ["init", "--yes", "--folder", str(new), "--blank", "1", "--csms-url", "ws://csms.example", "--no-check"]
    assert main(again) == 0
    file, password = new / "station.toml", (new / "csms-password").read_text()
    file.write_text(f"{file.read_text()}# mine\n")
    assert main(again) == UNUSABLE
    assert "is there already" in capsys.readouterr().err
    assert file.read_text().endswith("# mine\n")
    assert main([*again, "--force"]) == 0
    assert not file.read_text().endswith("# mine\n")
    (kept,) = new.glob("station.toml.*")
    assert kept.read_text().endswith("# mine\n")
    assert (new / "csms-password").read_text() == password


def test_where_nobody_answers_nothing_is_written(tmp_path: Path, capsys: Any) -> None:
    ports = [str(tmp_path / "a"), str(tmp_path / "b")]
    assert main(["init", "--yes", "--folder", str(tmp_path / "new"), "--ports", *ports]) == UNUSABLE
    told = capsys.readouterr()
    assert f"nothing {tmp_path}/a: {tmp_path}/a does not exist" in told.out
    assert "0 meters and 0 charge controllers answered" in told.err
    assert not (tmp_path / "new").exists()


def test_settings_for_devices_to_come(tmp_path: Path, capsys: Any) -> None:
    new = tmp_path / "new"
    options = ["--yes", "--folder", str(new), "--blank", "2", "--csms-url", "ws://csms.example", "--no-check"]
    assert main(["init", *options]) == 0
    out = capsys.readouterr().out
    assert len(load(new / "station.toml").evses) == 2
    made = password(out, "password for the CSMS")
    assert (new / "csms-password").read_text() == f"{made}\n"


def test_what_only_a_person_knows_is_told_at_once(tmp_path: Path, capsys: Any) -> None:
    assert main(["init", "--yes", "--folder", str(tmp_path / "new"), "--blank", "1"]) == UNUSABLE
    assert "these have to be said: --csms-url" in capsys.readouterr().err


class Screen:
    """A terminal with a person in front of it, who answers when asked."""

    def __init__(self, ours: int) -> None:
        self._ours = ours
        self._seen = ""

    def answer(self, question: str, text: str) -> None:
        """Wait for the question, and type."""
        while question not in self._seen:
            try:
                self._seen += os.read(self._ours, 4096).decode(errors="replace")
            except OSError as error:  # hung up
                raise AssertionError(f"{question!r} was not asked:\n{self._seen}") from error
        self._seen = self._seen.partition(question)[2]
        os.write(self._ours, f"{text}\n".encode())

    def rest(self) -> str:
        """Return what comes until the end."""
        while True:
            try:
                self._seen += os.read(self._ours, 4096).decode(errors="replace")
            except OSError:
                return self._seen


@pytest.mark.skipif(shutil.which("setsid") is None, reason="a terminal of its own needs setsid")
async def test_a_person_at_a_terminal_is_asked(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    async with Bench(plain(tmp_path)):
        options = [
            "--folder",
            str(tmp_path / "new"),
            "--ports",
            str(tmp_path / "meter1"),
            str(tmp_path / "controller1"),
        ]
        process = await asyncio.create_subprocess_exec(
            *("setsid", "--ctty", "--wait", *COMMAND, "init", *options, "--no-csms", "--trust-clock"),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "dumb"},
        )
        os.close(theirs)
        screen = Screen(ours)

        def talk() -> str:
            for question, text in (
                ("identity", "CS-ASKED"),
                ("vendor", ""),
                ("model", ""),
                ("address of the CSMS", "ws://csms.example/ocpp"),
                ("security profile", ""),
                ("public name", "DE*ABC*E5"),
                ("largest current", "20"),
                ("cable", ""),
                ("card reader", ""),
                ("status page", "y"),
                ("password for the CSMS", PASSWORD),
                ("password for operators", "a-password-for-operators"),
            ):
                screen.answer(question, text)
            return screen.rest()

        told = await asyncio.to_thread(talk)
        code = await process.wait()
    os.close(ours)
    assert code == 0, told
    settings = load(tmp_path / "new" / "station.toml")
    assert (settings.station.identity, settings.evses[0].max_current_a) == ("CS-ASKED", 20)
    assert settings.csms.password is not None
    assert settings.csms.password.reveal() == PASSWORD
    assert is_password("a-password-for-operators", AccessFile(settings.station.state_dir).read().password)
    assert PASSWORD not in told  # what is typed as a password is not shown
