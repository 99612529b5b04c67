import json
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from simulators.mock_csms.cli import _parser, main, settings_from
from simulators.mock_csms.errors import SettingsError
from simulators.mock_csms.settings import Settings
from tests.simulators.mock_csms.payloads import DEMO_KEY, SENT_KEY

COMMAND = [sys.executable, "-m", "simulators.mock_csms.cli"]
DEMO = bytes.fromhex(DEMO_KEY)


def parsed(*arguments: str) -> Settings:
    return settings_from(_parser().parse_args(["run", *arguments]))


def test_the_ports_have_defaults_and_the_command_line_wins(tmp_path: Path) -> None:
    assert (parsed().port, parsed().api_port) == (9000, 9001)
    config = tmp_path / "csms.toml"
    config.write_text('port = 9100\npassword = "file"\ntokens = {A = "Invalid"}\n')
    chosen = parsed("--config", str(config), "--password", "option", "--token", "b=Blocked")
    assert (chosen.port, chosen.password) == (9100, "option")
    assert chosen.tokens == {"A": "Invalid", "B": "Blocked"}


def test_meter_keys_are_for_one_meter_or_for_all() -> None:
    assert parsed("--meter-key", DEMO_KEY).meter_keys == {"*": DEMO}
    assert parsed("--meter-key", f"M1={DEMO_KEY}").meter_keys == {"M1": DEMO}
    assert parsed("--meter-key", SENT_KEY).meter_keys == {"*": DEMO}
    assert parsed("--meter-key", f"M1={SENT_KEY}").meter_keys == {"M1": DEMO}


def test_a_password_may_hold_a_colon() -> None:
    assert parsed("--user", "CS1:a:b").users == {"CS1": "a:b"}


def test_security_is_chosen_by_options_too() -> None:
    chosen = parsed(
        "--tls-port", "0", "--mutual-tls-port", "9003", "--tls-name", "a.example", "--tls-name", "b.example",
        "--ca-dir", "ca", "--ca-key", "rsa-3072", "--ca-intermediate", "--client-cn", "serial",
        "--client-organization", "ACME", "--serial", "CS1=SN-1",
    )  # fmt: skip
    assert (chosen.tls_port, chosen.mutual_tls_port) == (0, 9003)
    assert chosen.tls_names == ("a.example", "b.example")
    assert (chosen.ca_dir, chosen.ca_key, chosen.ca_intermediate) == (Path("ca"), "rsa-3072", True)
    assert (chosen.client_cn, chosen.client_organization, chosen.serials) == ("serial", "ACME", {"CS1": "SN-1"})
    assert (parsed().tls_port, parsed().mutual_tls_port, parsed().ca_dir) == (None, None, None)


@pytest.mark.parametrize(
    "option", [("--token", "A"), ("--token", "A=Fine"), ("--user", "CS1"), ("--meter-key", "M=x")]
)
def test_an_option_that_makes_no_sense_is_named(option: tuple[str, str]) -> None:
    with pytest.raises(SettingsError):
        parsed(*option)


def test_a_mistake_ends_with_two_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--token", "A=Fine"]) == 2
    assert "allowed are Accepted" in capsys.readouterr().err
    assert main(["run", "--tls-key", "x.pem"]) == 2
    assert main(["stations", "--api", "ftp://x"]) == 2


class Running:
    def __init__(self, *arguments: str) -> None:
        command = [*COMMAND, "run", "--port", "0", "--api-port", "0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def end(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=50)
        return self.process.returncode, err


@pytest.fixture
def running() -> Iterator[Running]:
    started = Running("--token", "SECRETUID=Invalid")
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.communicate()


@pytest.mark.realtime
def test_a_csms_runs_answers_is_asked_and_ends_cleanly(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    def asked(name: str, *arguments: str) -> tuple[int, Any]:
        code = main([name, "--api", running.ready["api"], *arguments])
        return code, json.loads(capsys.readouterr().out)

    with connect(running.ready["ocpp"] + "/CS1", subprotocols=["ocpp2.0.1"]) as station:  # type: ignore[list-item]
        ask = {"idToken": {"idToken": "SECRETUID", "type": "ISO14443"}}
        station.send(json.dumps([2, "1", "Authorize", ask]))
        assert json.loads(station.recv())[2] == {"idTokenInfo": {"status": "Invalid"}}
        code, stations = asked("stations")
        assert (code, stations[0]["id"]) == (0, "CS1")
        code, messages = asked("messages", "CS1")
        assert [message["direction"] for message in messages] == ["in", "out"]
        assert asked("transactions", "CS1") == (0, [])
    code, refusal = asked("call", "CS2", "Reset", '{"type": "OnIdle"}')
    assert (code, refusal["allowed"]) == (1, ["CS1"])
    code, err = running.end(signal.SIGTERM)
    assert code == 0
    assert "CS1 → Authorize  type ISO14443" in err
    assert "status Invalid" in err
    assert "SECRETUID" not in err
    assert "Traceback" not in err


@pytest.mark.realtime
def test_a_csms_with_tls_says_where_and_whom_to_trust(tmp_path: Path) -> None:
    secured = Running("--tls-port", "0", "--mutual-tls-port", "0", "--ca-dir", str(tmp_path / "ca"))
    try:
        assert sorted(secured.ready["profiles"]) == ["0", "2", "3"]
        assert secured.ready["ocpp"] == secured.ready["profiles"]["0"]
        assert Path(secured.ready["rootFile"]).read_text() == secured.ready["root"]
        url = secured.ready["profiles"]["2"] + "/CS1"
        context = ssl.create_default_context(cadata=secured.ready["root"])
        with connect(url, subprotocols=["ocpp2.0.1"], ssl=context) as station:  # type: ignore[list-item]
            station.send('[2,"1","Heartbeat",{}]')
            station.recv()
        with pytest.raises(ssl.SSLError), connect(url, ssl=ssl.create_default_context()):
            pass
    finally:
        code, err = secured.end(signal.SIGTERM)
    assert code == 0
    assert "connected with security profile 2, TLSv1.3" in err
    assert "TLS handshake for security profile 2 failed" in err
    assert "Traceback" not in err


@pytest.mark.realtime
def test_a_quiet_csms_says_nothing_and_ends_on_an_interrupt() -> None:
    quiet = Running("--quiet")
    with connect(quiet.ready["ocpp"] + "/CS1", subprotocols=["ocpp2.0.1"]) as station:  # type: ignore[list-item]
        station.send('[2,"1","Heartbeat",{}]')
        station.recv()
        assert quiet.end(signal.SIGINT) == (0, "")


@pytest.mark.realtime
def test_a_port_that_is_taken_is_told(running: Running) -> None:
    port = running.ready["ocpp"].removesuffix("/ocpp").rpartition(":")[2]
    command = [*COMMAND, "run", "--port", port, "--api-port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 1
    assert port in done.stderr
    assert "Traceback" not in done.stderr
