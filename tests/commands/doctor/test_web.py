"""The status page: off, taken, without a password, in the clear, with an old certificate."""

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from station.commands.doctor import web as looks
from station.commands.doctor.findings import Finding, Result
from station.settings import WebSettings
from station.web.passwords import set_password
from tests.commands.doctor.place import MYSELF, READER, SOMEBODY, bad, case, named
from tests.fakes_clock import START
from tests.pki.authority import Authority


def found(folder: Path, lines: str, **more: Any) -> list[Finding]:
    return list(looks.check(case(folder, more=f"{READER}\n[web]\n{lines}", **more)))


def test_a_page_that_is_off_needs_nothing(tmp_path: Path) -> None:
    (finding,) = looks.check(case(tmp_path))
    assert finding.found == "off ([web] enabled = false)"


def test_a_page_for_this_computer_with_a_password_is_well(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    set_password(tmp_path / "state", "a-password-for-operators")
    assert bad(found(tmp_path, "enabled = true\nport = 0")) == {}


def test_without_a_password_nobody_can_log_in(tmp_path: Path) -> None:
    finding = named(found(tmp_path, "enabled = true\nport = 0"), "password")
    assert (finding.result, "station web password" in finding.remedy) == (Result.WARNING, True)


def test_a_password_file_that_is_damaged_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "web-access.json").write_text("{")
    assert named(found(tmp_path, "enabled = true\nport = 0"), "password").result is Result.FAILURE


@pytest.mark.parametrize(("host", "result"), [("0.0.0.0", Result.WARNING), ("127.0.0.2", Result.OK)])
def test_a_page_on_the_network_without_tls_is_a_warning(tmp_path: Path, host: str, result: Result) -> None:
    finding = named(found(tmp_path, f'enabled = true\nport = 0\nhost = "{host}"'), "privacy")
    assert finding.result is result


def test_a_port_that_somebody_else_has_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        web = WebSettings(enabled=True, port=taken.getsockname()[1])
        finding = looks.listening(web, runs=False)
        assert finding.result is Result.FAILURE
        assert f"port {web.port} cannot be used" in finding.found
        assert looks.listening(web, runs=True).found == f"answers at 127.0.0.1 port {web.port}"
    assert looks.listening(web, runs=True).result is Result.FAILURE
    assert looks.listening(web, runs=False).result is Result.OK


def test_the_log_tells_the_port_that_a_running_station_took():
    finding = looks.listening(WebSettings(enabled=True, port=0), runs=True)
    assert finding.result is Result.OK
    assert "station log --text web_started" in finding.found


def test_an_address_that_this_computer_does_not_have_is_a_failure() -> None:
    finding = looks.listening(WebSettings(enabled=True, host="192.0.2.1", port=0), runs=False)
    assert finding.result is Result.FAILURE


@pytest.mark.parametrize(("days", "result"), [(100, Result.OK), (10, Result.WARNING), (-1, Result.FAILURE)])
def test_the_certificate_of_the_page_is_told_in_time(tmp_path: Path, days: int, result: Result) -> None:
    chain, _ = Authority("Root", at=START).issue("station.example", days=days).write(tmp_path, "web")
    assert looks.certificate(chain, START).result is result


def test_a_private_key_that_everybody_can_read_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "web-key.pem"
    file.touch(mode=0o644)
    file.chmod(0o644)
    assert looks.key(file, MYSELF).result is Result.WARNING
    file.chmod(0o600)
    assert looks.key(file, MYSELF).result is Result.OK
    assert looks.key(file, SOMEBODY).result is Result.FAILURE


def test_a_certificate_that_is_none_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "web.pem").write_text("-----BEGIN CERTIFICATE-----")
    assert looks.certificate(tmp_path / "web.pem", START + timedelta()).result is Result.FAILURE


def test_with_tls_the_network_is_private(tmp_path: Path) -> None:
    leaf = Authority("Root", at=START).issue("station.example")
    chain, key = leaf.write(tmp_path, "web")
    lines = f'enabled = true\nport = 0\nhost = "0.0.0.0"\ncertificate = "{chain.name}"\nkey = "{key.name}"'
    assert named(found(tmp_path, lines), "privacy").result is Result.OK
