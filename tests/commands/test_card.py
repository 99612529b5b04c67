"""`station card`: a card is read, described and named, whether the station runs or not."""

import asyncio
import contextlib
import io
import os
import sys
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from station.cli import MISUSED, UNUSABLE, main
from station.core.tokens import IdToken
from station.hardware.ports import CardRead
from station.storage.card_names import CardNames
from station.storage.database import Database
from tests.commands.daemon import Daemon
from tests.fakes_clock import START, FakeClock
from tests.local.place import WEB
from tests.settings.files import MINIMAL, READER

CARD = CardRead("04A2B3C4D5E680", "ISO14443")
TOKEN = IdToken(CARD.uid, CARD.type)
LATER = ["--wait", "30"]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path, more=WEB) as daemon:
        yield daemon


class Still:
    """A station that does not run: its settings, its database, and a reader at a port."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.file = folder / "station.toml"
        self.far, near = os.openpty()
        tty.setraw(near)
        text = MINIMAL.replace('model = "Bench"', f'model = "Bench"\nstate_dir = "{self.state}"')
        lines = (f'port = "{os.ttyname(near)}"' if line.startswith("port") else line for line in READER.splitlines())
        self.file.write_text(text + "\n".join(lines) + "\n")
        os.close(near)
        Database.open(self.state, FakeClock()).close()

    def run(self, *arguments: str) -> int:
        return main(["card", *arguments, "--config", str(self.file)])

    @contextlib.contextmanager
    def held(self, *lines: bytes) -> Iterator[None]:
        """Somebody holds a card to the reader, again and again."""
        over = threading.Event()

        def hold() -> None:
            while not over.wait(0.02):
                os.write(self.far, b"".join(lines))

        thread = threading.Thread(target=hold, name="card")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def name_of(self, token: IdToken) -> str:
        with Database.look(self.state) as database:
            return CardNames(database).of(token)


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Still]:
    still = Still(tmp_path)
    yield still
    os.close(still.far)


def hold(daemon: Daemon, reader: str = "front") -> None:
    """Hold the card to a reader of a station that runs, as soon as one is waited for."""

    async def until_taken() -> None:
        while not daemon.place.learning.takes(CARD, reader):
            await asyncio.sleep(0.01)

    threading.Thread(target=lambda: daemon.do(lambda _place: until_taken()), name="card").start()


def name_in(daemon: Daemon, token: IdToken = TOKEN) -> str:
    with Database.look(daemon.place.folder) as database:
        return CardNames(database).of(token)


class Person(io.StringIO):
    """Sits at the terminal and types this."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def type_(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", Person(text))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setenv("TERM", "dumb")

    return type_


# A station that runs


def test_a_running_station_reads_the_card_and_the_installer_sees_what_it_says(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(daemon)
    assert main(["card", "learn", *LATER, *daemon.config]) == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:]]
    assert lines == [
        ["reader", "front"],
        ["number", "04A2B3C4D5E680 (14 digits, 7 bytes)"],
        ["type", "ISO14443"],
        ["reversed", "80E6D5C4B3A204"],
        ["decimal", str(int(CARD.uid, 16))],
        ["name", "none"],
    ]
    assert name_in(daemon) == ""


def test_a_running_station_keeps_the_name(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    hold(daemon)
    assert main(["card", "learn", "--name", " Anna ", *LATER, *daemon.config]) == 0
    assert "this card is called Anna from now on" in capsys.readouterr().out
    assert name_in(daemon) == "Anna"
    hold(daemon, "back")
    assert main(["card", "learn", *LATER, *daemon.config]) == 0
    assert "name      Anna" in capsys.readouterr().out
    assert main(["card", "list", *daemon.config]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("Anna  ")
    assert main(["card", "forget", "anna", *daemon.config]) == 0
    assert capsys.readouterr().out == "Anna is forgotten\n"
    assert name_in(daemon) == ""


def test_a_name_that_another_card_has_is_refused(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    async def give(_place: object) -> None:
        CardNames(daemon.place.database).give(IdToken("DEADBEEF", "ISO14443"), "Anna", at=START)

    daemon.do(give)
    hold(daemon)
    assert main(["card", "learn", "--name", "Anna", *LATER, *daemon.config]) == UNUSABLE
    assert "another card is called Anna" in capsys.readouterr().err


def test_a_card_that_does_not_come_is_waited_for_only_so_long(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["card", "learn", "--wait", "0.1", *daemon.config]) == UNUSABLE
    assert "no card was held to any reader within" in capsys.readouterr().err


# At a terminal


def test_at_a_terminal_the_name_is_asked_for(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], typing: Callable[[str], None]
) -> None:
    typing("Anna\n")
    hold(daemon)
    assert main(["card", "learn", *LATER, *daemon.config]) == 0
    assert "name (Enter: none): " in capsys.readouterr().out
    assert name_in(daemon) == "Anna"
    typing("\n")
    hold(daemon, "back")
    assert main(["card", "learn", *LATER, *daemon.config]) == 0
    assert "name (Enter: stays Anna): " in capsys.readouterr().out
    assert name_in(daemon) == "Anna"


def test_in_a_pipe_nothing_is_asked(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Person("Anna\n"))
    hold(daemon)
    assert main(["card", "learn", *LATER, *daemon.config]) == 0
    assert name_in(daemon) == ""


def test_a_name_that_was_said_is_not_asked_for(daemon: Daemon, typing: Callable[[str], None]) -> None:
    typing("")
    hold(daemon)
    assert main(["card", "learn", "--name", "Anna", *LATER, *daemon.config]) == 0
    assert name_in(daemon) == "Anna"


# A station that does not run


@pytest.mark.realtime
def test_without_a_station_the_reader_of_the_settings_is_opened(
    still: Still, capsys: pytest.CaptureFixture[str]
) -> None:
    with still.held(b"04a2b3c4d5e680\r\n"):
        assert still.run("learn", "--name", "Anna", *LATER) == 0
    shown = capsys.readouterr().out
    assert "number    04A2B3C4D5E680 (14 digits, 7 bytes)" in shown
    assert "this card is called Anna from now on" in shown
    assert still.name_of(TOKEN) == "Anna"
    assert still.run("forget", "ANNA") == 0
    assert still.name_of(TOKEN) == ""


@pytest.mark.realtime
def test_the_number_is_the_one_that_the_settings_of_the_reader_make_of_it(
    still: Still, capsys: pytest.CaptureFixture[str]
) -> None:
    still.file.write_text(still.file.read_text() + 'byte_order = "reversed"\nprefix = "UID:"\n')
    with still.held(b"UID:80e6d5c4b3a204\r\n"):
        assert still.run("learn", *LATER) == 0
    assert "number    04A2B3C4D5E680" in capsys.readouterr().out


@pytest.mark.realtime
def test_a_reader_is_chosen_by_its_name(still: Still, capsys: pytest.CaptureFixture[str]) -> None:
    (name,) = (line.split('"')[1] for line in READER.splitlines() if line.startswith("name"))
    with still.held(b"DEADBEEF\n"):
        assert still.run("learn", "--reader", name, *LATER) == 0
    assert f"reader    {name}" in capsys.readouterr().out
    assert still.run("learn", "--reader", "back") == UNUSABLE
    assert f"names no reader back; it has these: {name}" in capsys.readouterr().err


@pytest.mark.realtime
def test_what_is_no_card_is_told_and_a_good_one_still_waited_for(
    still: Still, capsys: pytest.CaptureFixture[str]
) -> None:
    with still.held(b"hello\r\n", b"DEADBEEF\r\n"):
        assert still.run("learn", *LATER) == 0
    told = capsys.readouterr()
    assert "reader_line_skipped" in told.err
    assert "DEADBEEF" in told.out


@pytest.mark.realtime
def test_alone_a_card_is_waited_for_only_so_long(still: Still, capsys: pytest.CaptureFixture[str]) -> None:
    assert still.run("learn", "--wait", "0.1") == UNUSABLE
    assert "no card was held to any reader within" in capsys.readouterr().err


def test_a_port_that_is_not_there_is_named(still: Still, capsys: pytest.CaptureFixture[str]) -> None:
    still.file.write_text(still.file.read_text().replace(os.ttyname(still.far), "x").replace("/dev/pts/", "/dev/no/"))
    assert still.run("learn") == UNUSABLE
    assert "/dev/no/" in capsys.readouterr().err


def test_settings_without_a_reader_are_said_to_have_none(still: Still, capsys: pytest.CaptureFixture[str]) -> None:
    still.file.write_text(still.file.read_text().partition("[[reader]]")[0])
    assert still.run("learn") == UNUSABLE
    assert f"{still.file} names no reader; it has these: none" in capsys.readouterr().err


def test_readers_are_opened_by_the_settings_only(still: Still, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", "learn", "--state-dir", str(still.state)]) == UNUSABLE
    assert "say --config, it names the readers to open" in capsys.readouterr().err


# The command line


def test_that_no_card_has_a_name_is_said_with_the_remedy(still: Still, capsys: pytest.CaptureFixture[str]) -> None:
    assert still.run("list") == 0
    assert capsys.readouterr().out == "no card has a name; see: station card learn\n"


def test_a_name_that_no_card_has_cannot_be_forgotten(still: Still, capsys: pytest.CaptureFixture[str]) -> None:
    assert still.run("forget", "Berta") == 1
    assert capsys.readouterr().err == "station: no card is called Berta; see: station card list\n"


@pytest.mark.parametrize("wait", ["0", "-1", "601", "nan"])
def test_a_wait_that_makes_no_sense_is_misuse(still: Still, wait: str) -> None:
    with pytest.raises(SystemExit) as ended:
        still.run("learn", "--wait", wait)
    assert ended.value.code == MISUSED


def test_what_is_no_name_is_said_before_a_card_is_held(still: Still, capsys: pytest.CaptureFixture[str]) -> None:
    assert still.run("learn", "--name", " ") == UNUSABLE
    told = capsys.readouterr()
    assert "a card's name may not be empty" in told.err
    assert told.out == ""
