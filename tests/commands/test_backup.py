"""`station backup` and `station restore`, as a person uses them: nothing is lost, nothing comes back by mistake."""

import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from station.cli import UNUSABLE, main
from station.commands.backup_archive import pack
from station.core.tokens import IdToken
from station.core.variables import HEARTBEAT_INTERVAL
from station.storage.card_names import CardNames
from station.storage.database import Database
from station.storage.facts import Facts
from station.storage.lock import FolderLock
from station.storage.outbox import Outbox
from station.storage.receipts import Receipts
from station.storage.variables import Variables
from tests.commands.receipts.archive import BEGIN, END, LATER, OTHER_BEGIN, opened
from tests.fakes_clock import START, FakeClock
from tests.storage.power import every_cut
from tests.storage.test_migrations import STORED

CARD = IdToken("04A2B3C4", "ISO14443")
SHIPPED = (Path(__file__).parents[2] / "config" / "station.toml").read_text()
PEM = "certificates/CSMSRootCertificate/0001.pem"


class Site:
    """A station's folders: its settings, its state, and a medium for backups."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = folder / "etc" / "station.toml"
        self.state = folder / "state"
        self.file = folder / "usb" / "backup.tar.gz"
        for made in (self.settings.parent, self.file.parent):
            made.mkdir(parents=True)

    def configure(self, identity: str = "CS-1") -> None:
        lines = SHIPPED.splitlines()
        changed = {"state_dir =": f'state_dir = "{self.state}"', "identity =": f'identity = "{identity}"'}
        told = [next((new for old, new in changed.items() if line.startswith(old)), line) for line in lines]
        self.settings.write_text("\n".join(told))

    def fill(self, word: str) -> None:
        """Give all that a backup holds a content that can be told from others."""
        (self.state / PEM).parent.mkdir(parents=True, exist_ok=True)
        (self.state / PEM).write_text(word)
        (self.state / "web-access.json").write_text(word)
        with Database.open(self.state, FakeClock()) as database:
            Facts(database).put("word", word)

    def words(self) -> set[str]:
        """What all of that says now; one word unless the state is a mixture."""
        with Database.open(self.state, FakeClock()) as database:
            word = Facts(database).get("word")
        return {str(word), (self.state / PEM).read_text(), (self.state / "web-access.json").read_text()}

    def backup(self, *more: str) -> int:
        return main(["backup", str(self.file), "--config", str(self.settings), *more])

    def restore(self, *more: str) -> int:
        return main(["restore", str(self.file), "--config", str(self.settings), *more])

    def look(self, ask: Callable[[Database], Any]) -> Any:
        with Database.look(self.state) as database:
            return ask(database)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.configure()
    with opened(site.state) as archive:
        archive.add("tx-1", BEGIN, END, sent=True)
    site.fill("old")
    return site


def other_database(site: Site) -> None:
    """Somebody began anew: another database, in which there is nothing that the CSMS has not got."""
    shutil.rmtree(site.state)
    site.fill("new")


@pytest.fixture
def asides(site: Site) -> Iterator[Callable[[], list[Path]]]:
    return lambda: sorted(site.state.glob("replaced-*"))


def test_all_that_a_station_must_not_lose_is_in_one_file_that_only_its_owner_reads(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert site.backup() == 0
    with tarfile.open(site.file) as archive:
        assert archive.getnames() == ["manifest.json", "station.db", PEM, "web-access.json", "settings.toml"]
    assert site.file.stat().st_mode & 0o777 == 0o600
    assert list(site.file.parent.iterdir()) == [site.file]
    told = capsys.readouterr().out
    assert f"{site.file}, verified" in told
    assert "station CS-1, " in told
    assert "It holds keys and passwords" in told


def test_a_backup_is_made_beside_a_station_that_runs(site: Site) -> None:
    with Database.open(site.state, FakeClock()) as database:
        Facts(database).put("word", "newest")
        assert site.backup() == 0
    other_database(site)
    assert site.restore() == 0
    assert site.look(lambda database: Facts(database).get("word")) == "newest"


def test_a_folder_is_given_a_file_that_is_named_after_station_and_time(site: Site) -> None:
    site.file = site.file.parent
    assert site.backup() == 0
    (made,) = site.file.iterdir()
    assert made.name.startswith("station-CS-1-2")
    assert made.name.endswith("Z.tar.gz")


def test_a_backup_never_replaces_another(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.file.write_text("older")
    assert site.backup() == UNUSABLE
    assert "is there already" in capsys.readouterr().err
    assert site.file.read_text() == "older"


def test_a_folder_that_is_not_there_is_named(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.file = site.file.parent / "none" / "backup"
    assert site.backup() == UNUSABLE
    assert capsys.readouterr().err.startswith(f"station: there is no folder {site.file.parent} to write backup to")


@pytest.mark.parametrize("where", ["no/such/file", "usb"])
def test_where_nothing_can_be_written_is_named_and_nothing_is_left(
    site: Site, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    site.file = site.folder / where
    if site.file.is_dir():
        site.file /= "x" * 300
    assert site.backup() == UNUSABLE
    assert str(site.folder) in capsys.readouterr().err
    assert list((site.folder / "usb").iterdir()) == []


def test_what_is_not_in_it_is_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    (site.state / "station.db.corrupt-20260101T000000Z").touch()
    (site.settings.parent / "password").touch()
    site.settings.write_text(site.settings.read_text() + '\n[elsewhere]\nfile = "password"\n')
    site.backup()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("not in it")]
    assert len(lines) == 2
    assert "station.db.corrupt-20260101T000000Z" in lines[0]
    assert f"{site.settings.parent}/password, which the settings name" in lines[1]


def test_without_the_settings_the_state_folder_is_enough(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(site.file), "--state-dir", str(site.state)]) == 0
    assert "settings   no" in capsys.readouterr().out
    shutil.rmtree(site.state)
    assert main(["restore", str(site.file), "--state-dir", str(site.state)]) == 0
    assert site.words() == {"old"}


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_without_settings_and_state_folder_it_is_said_what_to_say(
    site: Site, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    if command == "restore":
        main(["backup", str(site.file), "--state-dir", str(site.state)])
    site.settings.unlink()
    assert main([command, str(site.file), "--config", str(site.settings)]) == UNUSABLE
    assert "--state-dir" in capsys.readouterr().err


def test_a_key_that_changes_while_it_is_copied_is_copied_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_to, calls = Database.copy_to, []

    def copy_while_keys_change(self: Database, path: Path) -> None:
        copy_to(self, path)
        calls.append(path)
        if len(calls) == 1:
            (site.state / PEM).write_text("renewed")

    monkeypatch.setattr(Database, "copy_to", copy_while_keys_change)
    assert site.backup() == 0
    assert len(calls) == 2
    with tarfile.open(site.file) as archive:
        assert archive.extractfile(PEM).read() == b"renewed"


def test_a_medium_that_does_not_keep_what_is_written_is_found_out(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def spoil(file: int) -> None:
        fsync(file)
        path = Path(f"/proc/self/fd/{file}").readlink()
        if path.name == "backup":
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 0xFF
            path.write_bytes(content)

    monkeypatch.setattr(os, "fsync", spoil)
    assert site.backup() == UNUSABLE
    assert "damaged" in capsys.readouterr().err
    assert list(site.file.parent.iterdir()) == []


# Restoring


def test_on_a_new_computer_everything_is_there_again(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.backup()
    settings = site.settings.read_text()
    shutil.rmtree(site.state)
    shutil.rmtree(site.settings.parent)
    assert site.restore() == 0
    assert site.settings.read_text() == settings
    assert site.settings.stat().st_mode & 0o777 == 0o600
    assert site.words() == {"old"}
    assert [receipt.id for receipt in site.look(lambda database: Receipts(database).list())] == ["tx-1"]
    assert f"The settings of the backup are now in {site.settings}" in capsys.readouterr().out
    modes = {
        path.stat().st_mode & 0o077 for path in (site.state, *site.state.rglob("*")) if path.name != "station.db"
    }
    assert modes == {0}


def test_what_a_backup_is_can_be_looked_at_without_restoring_it(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.backup()
    other_database(site)
    assert site.restore("--check") == 0
    assert "whole" in capsys.readouterr().out
    assert site.words() == {"new"}


def test_of_the_same_database_what_was_set_comes_back_and_what_happened_stays(
    site: Site, capsys: pytest.CaptureFixture[str], asides: Callable[[], list[Path]]
) -> None:
    with Database.open(site.state, FakeClock()) as database:
        Variables(database).save(HEARTBEAT_INTERVAL.address.key, "60")
        Outbox(database).put("NotifyEvent", "then", created_at=START, offline=False)
    site.backup()
    with opened(site.state) as archive:
        archive.add("tx-2", OTHER_BEGIN, ended=None)
        Outbox(archive.database).remove(1)
        Outbox(archive.database).put("TransactionEvent", "now", created_at=START, offline=True, transaction_id="tx-2")
        Variables(archive.database).save(HEARTBEAT_INTERVAL.address.key, "900")
    site.fill("new")
    assert site.restore() == 0
    assert site.words() == {"old"}
    with Database.look(site.state) as database:
        assert Variables(database).all() == {HEARTBEAT_INTERVAL.address.key: "60"}
        assert [message.body for message in Outbox(database).head(9)] == ["now"]
        first, second = Receipts(database).list()
        assert [record.ocmf for record in (*first.records, *second.records)] == [
            BEGIN.ocmf,
            END.ocmf,
            OTHER_BEGIN.ocmf,
        ]
    told = capsys.readouterr().out
    assert "all that happened since: receipts, sessions, messages to the CSMS" in told
    assert "session 2; the station ends it when it starts" in told
    (aside,) = asides()
    with Database.look(aside) as database:
        assert Facts(database).get("word") == "new"
    assert (aside / PEM).read_text() == "new"


def test_another_database_is_put_aside_as_a_whole(
    site: Site, capsys: pytest.CaptureFixture[str], asides: Callable[[], list[Path]]
) -> None:
    site.backup()
    other_database(site)
    with opened(site.state) as archive:
        archive.add("tx-new", OTHER_BEGIN, sent=True, ended=LATER)
    (site.state / "certificates" / "CSMSRootCertificate" / "0002.pem").write_text("new")
    assert site.restore() == 0
    assert site.words() == {"old"}
    assert [receipt.id for receipt in site.look(lambda database: Receipts(database).list())] == ["tx-1"]
    assert not (site.state / "certificates" / "CSMSRootCertificate" / "0002.pem").exists()
    (aside,) = asides()
    assert f"{aside}; delete it when all is well" in capsys.readouterr().out
    assert main(["receipts", "list", "--state-dir", str(aside)]) == 0
    assert "tx-new" in capsys.readouterr().out


def test_what_waited_in_a_backup_for_another_database_is_told_to_be_sent_once_more(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    with Database.open(site.state, FakeClock()) as database:
        Outbox(database).put("NotifyEvent", "then", created_at=START, offline=False)
    site.backup()
    shutil.rmtree(site.state)
    site.restore()
    assert "1 messages; those that were sent since are sent once more" in capsys.readouterr().out
    assert site.look(lambda database: Outbox(database).size()) == 1


def unsent_message(archive: Any) -> None:
    Outbox(archive.database).put("TransactionEvent", "{}", created_at=START, offline=True, transaction_id="tx-9")


def unsent_message_of_no_session(archive: Any) -> None:
    Outbox(archive.database).put("NotifyEvent", "{}", created_at=START, offline=True)


def dead_letter(archive: Any) -> None:
    unsent_message(archive)
    Outbox(archive.database).bury(1, "why", START)


def running_session(archive: Any) -> None:
    archive.add("tx-10", ended=None)


def unsent_record(archive: Any) -> None:
    archive.receipts.add_record("tx-9", OTHER_BEGIN, at=START)


@pytest.mark.parametrize(
    ("hold", "told"),
    [
        (unsent_message, "session 1, transaction tx-9: 1 message not sent yet"),
        (unsent_message_of_no_session, "1 message about no session, not sent yet"),
        (dead_letter, "session 1, transaction tx-9: 1 message given up"),
        (running_session, "session 2, transaction tx-10: not over"),
        (unsent_record, "session 1, transaction tx-9: 1 signed record not delivered"),
    ],
)
def test_a_database_that_holds_what_the_csms_has_not_got_is_not_put_aside(
    site: Site,
    capsys: pytest.CaptureFixture[str],
    asides: Callable[[], list[Path]],
    hold: Callable[[Any], None],
    told: str,
) -> None:
    site.backup()
    other_database(site)
    with opened(site.state) as archive:
        archive.add("tx-9", BEGIN, END, sent=True)
        hold(archive)
    assert site.restore() == UNUSABLE
    error = capsys.readouterr().err
    assert f"{site.state} holds what the CSMS has not got" in error
    assert told in error
    assert "Start the station and let it deliver them" in error
    assert site.words() == {"new"}
    assert asides() == []
    assert not (site.state / "restore-incoming").exists()


def test_a_station_that_runs_is_not_restored(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.backup()
    lock = FolderLock.take(site.state)
    try:
        assert site.restore() == UNUSABLE
    finally:
        lock.release()
    assert f"{site.state} is in use by the station that runs, process {os.getpid()}" in capsys.readouterr().err


def test_a_damaged_backup_changes_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.backup()
    content = site.file.read_bytes()
    site.file.write_bytes(content[: len(content) // 2])
    site.fill("new")
    assert site.restore() == UNUSABLE
    assert "is no backup of a station, or is damaged" in capsys.readouterr().err
    assert site.words() == {"new"}


def test_a_backup_of_a_newer_version_changes_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    with Database.look(site.state) as database:
        database.copy_to(site.folder / "newer.db")
    connection = sqlite3.connect(site.folder / "newer.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    pack(site.file, {"station.db": site.folder / "newer.db"}, version="9", created_at=START, identity="")
    assert site.restore() == UNUSABLE
    assert "was written by a newer version of the station" in capsys.readouterr().err
    assert site.words() == {"old"}


def test_a_backup_of_an_older_version_is_taken_over(site: Site) -> None:
    pack(site.file, {"station.db": STORED[2]}, version="0", created_at=START, identity="")
    shutil.rmtree(site.state)
    assert site.restore() == 0
    assert len(site.look(lambda database: Receipts(database).list())) == 1


def test_a_database_that_is_damaged_is_not_put_aside(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.backup()
    (site.state / "station.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 50_000)
    assert site.restore() == UNUSABLE
    assert f"{site.state}/station.db" in capsys.readouterr().err
    assert (site.state / PEM).read_text() == "old"
    with Database.open(site.state, FakeClock()) as database:  # as the station does: it begins anew
        assert database.set_aside is not None
    assert site.restore() == 0
    assert site.words() == {"old"}


def test_settings_that_are_others_stay_and_those_of_the_backup_are_beside_them(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.backup()
    before = site.settings.read_text()
    site.restore()
    assert f"The settings in {site.settings} are those of the backup." in capsys.readouterr().out
    site.settings.write_text(before + "\n# changed\n")
    assert site.restore() == 0
    assert site.settings.read_text() == before + "\n# changed\n"
    assert site.settings.with_name("station.toml.restored").read_text() == before
    assert "are others than those of the backup" in capsys.readouterr().out


def test_a_backup_of_another_station_is_restored_only_if_that_is_meant(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.backup()
    site.configure("CS-2")
    site.fill("new")
    assert site.restore() == UNUSABLE
    assert "this is a backup of station CS-1, and the settings here are of CS-2" in capsys.readouterr().err
    assert site.words() == {"new"}
    assert site.restore("--other-station") == 0
    assert site.words() == {"old"}


def test_settings_that_cannot_be_used_are_no_hindrance_but_those_that_are_no_toml_are(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.backup()
    site.settings.write_text(f'[station]\nidentity = "CS-1"\nstate_dir = "{site.state}"\n')
    assert site.restore() == 0
    site.settings.write_text("[station")
    assert site.restore() == UNUSABLE
    assert f"{site.settings}: is not TOML" in capsys.readouterr().err


def test_names_of_cards_come_back(site: Site) -> None:
    with Database.open(site.state, FakeClock()) as database:
        CardNames(database).give(CARD, "Anna", at=START)
    site.backup()
    with Database.open(site.state, FakeClock()) as database:
        CardNames(database).forget("Anna")
    site.restore()
    assert site.look(lambda database: CardNames(database).of(CARD)) == "Anna"


def test_a_second_restore_puts_aside_what_the_first_one_brought(site: Site, asides: Callable[[], list[Path]]) -> None:
    site.backup()
    for count in (1, 2, 3):
        assert site.restore() == 0
        assert len(asides()) == count


@pytest.mark.timeout(180)
@pytest.mark.parametrize("same", [True, False])
def test_wherever_the_power_fails_the_old_or_the_new_state_is_there_whole(tmp_path: Path, same: bool) -> None:
    first, present = Site(tmp_path / "first"), Site(tmp_path / "present")
    first.configure()
    first.fill("backed up")
    first.backup()
    if same:
        shutil.copytree(first.state, present.state)
    present.fill("present")
    seen = []

    def prepare(cut: int) -> Callable[[], object]:
        site = Site(tmp_path / str(cut))
        site.configure()
        shutil.copytree(present.state, site.state)
        shutil.copy(first.file, site.file)
        return site.restore

    for cut in every_cut(prepare):
        site = Site.__new__(Site)
        site.state = tmp_path / str(cut) / "state"
        words = site.words()
        assert len(words) == 1, cut
        seen.append(words.pop())
        if seen[-1] == "backed up":
            (aside,) = site.state.glob("replaced-*")
            assert (aside / PEM).read_text() == "present"
            with Database.look(aside) as database:
                assert Facts(database).get("word") == "present"
        shutil.rmtree(tmp_path / str(cut))
    assert seen == sorted(seen, reverse=True)
    assert {"present", "backed up"} == set(seen)
    assert seen[-1] == "backed up"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_restores_belongs_to_the_user_of_the_station(site: Site) -> None:
    site.backup()
    (site.state / "station.lock").unlink()
    for path in (site.state, *site.state.rglob("*")):
        os.chown(path, 12345, 12346)
    site.settings.unlink()
    assert site.restore() == 0
    owners = {path.stat().st_uid for path in (site.state, *site.state.rglob("*"), site.settings)}
    assert owners == {12345}


def test_a_new_computer_gets_the_password_of_the_csms_too(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    password = site.settings.parent / "csms-password"
    password.write_text("correct horse battery\n")
    site.settings.write_text(site.settings.read_text().replace("[csms]", '[csms]\npassword_file = "csms-password"'))
    assert site.backup() == 0
    assert "not in it" not in capsys.readouterr().out
    site.settings.unlink()
    password.unlink()
    shutil.rmtree(site.state)
    assert site.restore() == 0
    assert password.read_text() == "correct horse battery\n"
    assert password.stat().st_mode & 0o777 == 0o600
    assert f"The password of the CSMS is now in {password}." in capsys.readouterr().out


def test_a_password_that_is_there_stays(site: Site) -> None:
    password = site.settings.parent / "csms-password"
    password.write_text("of the backup")
    site.settings.write_text(site.settings.read_text().replace("[csms]", '[csms]\npassword_file = "csms-password"'))
    site.backup()
    password.write_text("of today")
    assert site.restore() == 0
    assert password.read_text() == "of today"
