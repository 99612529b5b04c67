"""`station web`: who may use the status page, set beside a running station."""

import getpass
import io
import subprocess
import sys

import pytest

from station.cli import UNUSABLE, main
from station.web.access_file import NAME, AccessFile
from station.web.hashing import hash_token, is_password

PASSWORD = "correct horse battery"


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Run `station web` with a line on standard input; return exit code, output and what was said beside it."""

    def run(*arguments, line=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(line))
        code = main(["web", *arguments, "--state-dir", str(tmp_path)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def kept(tmp_path):
    return lambda: AccessFile(tmp_path).read()


@pytest.fixture
def typed(monkeypatch):
    """Sit at a terminal and type these lines."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    def typed(*lines):
        waiting = iter(lines)
        monkeypatch.setattr(sys, "stdin", Terminal())
        monkeypatch.setattr(getpass, "getpass", lambda prompt: next(waiting))

    return typed


def test_a_password_is_read_from_a_line(run, kept):
    code, out, err = run("password", line=f"{PASSWORD}\n")
    assert (code, err) == (0, "")
    assert "has to log in again" in out
    assert PASSWORD not in out
    assert is_password(PASSWORD, kept().password)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nanother line\n"])
def test_the_end_of_the_line_is_no_part_of_the_password(run, kept, end):
    run("password", line=f" {PASSWORD} {end}")
    assert is_password(f" {PASSWORD} ", kept().password)


@pytest.mark.parametrize(
    ("line", "text"), [("", "holds no password"), ("\n", "holds no password"), ("short\n", "10 to 128")]
)
def test_a_password_that_cannot_be_taken_is_told_in_a_line(run, kept, line, text):
    code, out, err = run("password", line=line)
    assert (code, out) == (UNUSABLE, "")
    assert text in err
    assert err.count("\n") == 1
    assert not kept().password


def test_at_a_terminal_it_is_asked_for_twice(tmp_path, typed, kept, capsys):
    typed(PASSWORD, PASSWORD)
    assert main(["web", "password", "--state-dir", str(tmp_path)]) == 0
    assert is_password(PASSWORD, kept().password)
    typed(PASSWORD + "1", PASSWORD + "2")
    assert main(["web", "password", "--state-dir", str(tmp_path)]) == UNUSABLE
    assert "not the same twice; nothing is changed" in capsys.readouterr().err
    assert is_password(PASSWORD, kept().password)


def test_a_token_is_printed_once_and_alone(run, kept):
    code, token, err = run("token", "prometheus", "--read-only")
    assert code == 0
    assert "not shown again" in err
    assert kept().tokens["prometheus"].hash == hash_token(token.strip())
    assert kept().tokens["prometheus"].read_only
    run("token", "program")
    assert not kept().tokens["program"].read_only
    code, out, _ = run("tokens")
    assert [line.split()[0] for line in out.splitlines()] == ["name", "program", "prometheus"]
    assert [line.split()[-1] for line in out.splitlines()[1:]] == ["everything", "look"]
    assert token.strip() not in out


def test_a_token_is_taken_back(run, kept):
    run("token", "program")
    assert run("revoke", "program")[0] == 0
    assert not kept().tokens
    assert run("tokens")[1] == "there is no token; station web token NAME makes one\n"
    code, _, err = run("revoke", "program")
    assert code == UNUSABLE
    assert "there is no token program; there are: none" in err


def test_a_damaged_file_is_named_and_a_new_password_mends_it(run, tmp_path, kept):
    (tmp_path / NAME).write_text("{")
    code, _, err = run("token", "program")
    assert code == UNUSABLE
    assert f"{NAME} is damaged; set a new password with `station web password`" in err
    assert run("password", line=PASSWORD)[0] == 0
    assert is_password(PASSWORD, kept().password)


def test_a_folder_that_is_not_there_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD))
    assert main(["web", "password", "--state-dir", str(tmp_path / "none")]) == UNUSABLE
    assert "there is no folder" in capsys.readouterr().err


def test_the_command_does_without_what_serves_the_page(tmp_path):
    program = f"""
import sys
sys.modules["aiohttp"] = None
from station.cli import main
sys.exit(main(["web", "tokens", "--state-dir", {str(tmp_path)!r}]))
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
