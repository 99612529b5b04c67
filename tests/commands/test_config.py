"""`station config check`, before a station is started with a file."""

from pathlib import Path

from station.cli import UNUSABLE, main

SHIPPED = Path(__file__).parents[2] / "config" / "station.toml"


def test_a_file_that_can_be_used_is_called_fine(capsys):
    assert main(["config", "check", str(SHIPPED)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{SHIPPED} is fine: ")
    assert "EVSE 1" in shown


def checked(tmp_path, capsys, **csms):
    """Return the notes about a file whose section about the CSMS is this."""
    text, _, rest = SHIPPED.read_text().partition("[csms]")
    lines = "\n".join(f"{key} = {value!r}" for key, value in csms.items())
    text = (
        text.replace("/var/lib/station", "state") + f"[csms]\n{lines}\n[security]" + rest.partition("[security]")[2]
    )
    file = tmp_path / "station.toml"
    file.write_text(text.replace("/dev/tty", "tty"))
    assert main(["config", "check", str(file)]) == 0
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: csms.")]


def test_an_address_that_ends_with_the_identity_is_noted(tmp_path, capsys):
    password = "correct horse battery"
    assert checked(tmp_path, capsys, url="ws://csms.example/ocpp", password=password) == []
    (note,) = checked(tmp_path, capsys, url="ws://csms.example/ocpp/CS001", password=password)
    assert note.endswith("appended once more: .../CS001/CS001")


def test_certificates_that_a_profile_needs_and_that_are_not_there_are_noted(tmp_path, capsys):
    root, own = checked(tmp_path, capsys, url="wss://csms.example", security_profile=3)
    assert root.startswith("note: csms.root_certificate: is not set, and there is none in ")
    assert own.startswith("note: csms.security_profile: 3 needs a certificate of the station")
    for use in ("CSMSRootCertificate", "ChargingStationCertificate"):
        (tmp_path / "state" / "certificates" / use).mkdir(parents=True)
        (tmp_path / "state" / "certificates" / use / "0001.pem").touch()
    assert checked(tmp_path, capsys, url="wss://csms.example", security_profile=3) == []


def test_ports_that_are_not_there_are_noted(tmp_path, capsys):
    (tmp_path / "ttyMETER").touch()
    checked_file = tmp_path / "station.toml"
    checked_file.write_text(SHIPPED.read_text().replace("/dev/tty", "tty"))
    assert main(["config", "check", str(checked_file)]) == 0
    notes = capsys.readouterr().out.splitlines()[1:]
    assert notes == [
        f"note: line[2].port: {tmp_path}/ttyCONTROL is not there now",
        f"note: reader[1].port: {tmp_path}/ttyREADER is not there now",
    ]


def test_every_mistake_is_told_at_once(tmp_path, capsys):
    file = tmp_path / "station.toml"
    file.write_text(
        SHIPPED.read_text().replace("max_current_a = 32", "max_current_a = 99").replace("unit = 42", "unit = 0")
    )
    assert main(["config", "check", str(file)]) == UNUSABLE
    told = capsys.readouterr().err
    assert f"{file}: evse[1].max_current_a: 99 is out of range" in told
    assert f"{file}: evse[1].meter.unit: 0 is out of range" in told


def test_a_file_that_is_not_there_is_named(tmp_path, capsys):
    assert main(["config", "check", str(tmp_path / "none.toml")]) == UNUSABLE
    assert f"{tmp_path}/none.toml: cannot be read" in capsys.readouterr().err


def test_the_password_is_not_shown(tmp_path, capsys):
    file = tmp_path / "station.toml"
    plain = "security_profile = 0"
    assert plain in SHIPPED.read_text()
    file.write_text(SHIPPED.read_text().replace(plain, 'security_profile = 1\npassword = "correct horse battery"'))
    assert main(["config", "check", str(file)]) == 0
    shown = capsys.readouterr()
    assert "correct horse" not in shown.out + shown.err


def test_a_page_that_is_open_to_the_network_without_tls_is_noted(tmp_path, capsys):
    text = SHIPPED.read_text().replace("[web]\nenabled = false", "[web]\nenabled = true")
    file = tmp_path / "station.toml"
    for host, count in (("127.0.0.1", 0), ("::1", 0), ("0.0.0.0", 1)):
        file.write_text(text.replace('host = "127.0.0.1" ', f'host = "{host}" '))
        assert main(["config", "check", str(file)]) == 0
        notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: web.host")]
        assert len(notes) == count


def test_a_line_over_the_network_is_no_port_that_could_be_missing(tmp_path, capsys):
    file = tmp_path / "station.toml"
    line = 'port = "tcp://192.0.2.7:502"\n'
    text = SHIPPED.read_text()
    begin = text.index('port = "/dev/ttyCONTROL"')
    end = text.index("\n\n", begin)
    file.write_text(text[:begin] + line + text[end:])
    assert main(["config", "check", str(file)]) == 0
    assert "line[2]" not in capsys.readouterr().out
