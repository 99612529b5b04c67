from pathlib import Path
from typing import Any

import pytest

from simulators.mock_csms.errors import SettingsError
from simulators.mock_csms.settings import Settings, load, settings
from tests.simulators.mock_csms.payloads import DEMO_KEY


def loaded(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "csms.toml"
    path.write_text(text)
    return settings(load(path), source=str(path))


def test_a_file_gives_every_setting(tmp_path: Path) -> None:
    chosen = loaded(
        tmp_path,
        f"""
        host = "127.0.0.2"
        port = 9100
        api_port = 0
        password = "all"
        heartbeat_interval_s = 60
        call_timeout_s = 5
        ping_interval_s = 10.5
        messages_kept = 10
        tls_port = 9102
        mutual_tls_port = 0
        tls_names = ["csms.example", "127.0.0.1"]
        client_cn = "serial"
        client_organization = "ACME"
        serials = {{CS1 = "SN-1"}}
        ca_dir = "ca"
        ca_key = "rsa-3072"
        ca_intermediate = true
        users = {{CS1 = "own"}}
        tokens = {{04aabb = "Blocked", 04cc = {{evseId = [1], language1 = "de"}}, "*" = "Unknown"}}
        meter_keys = {{001BZR1521070006 = "{DEMO_KEY}"}}
        """,
    )
    assert chosen == Settings(
        host="127.0.0.2",
        port=9100,
        api_port=0,
        password="all",
        users={"CS1": "own"},
        heartbeat_interval_s=60,
        tokens={"04AABB": "Blocked", "04CC": {"evseId": [1], "language1": "de"}, "*": "Unknown"},
        meter_keys={"001BZR1521070006": bytes.fromhex(DEMO_KEY)},
        call_timeout_s=5,
        ping_interval_s=10.5,
        messages_kept=10,
        tls_port=9102,
        mutual_tls_port=0,
        tls_names=("csms.example", "127.0.0.1"),
        client_cn="serial",
        client_organization="ACME",
        serials={"CS1": "SN-1"},
        ca_dir=Path("ca"),
        ca_key="rsa-3072",
        ca_intermediate=True,
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("prot = 1", "prot is unknown; allowed are host, port"),
        ("port = '1'", "port: int expected"),
        ("port = true", "port: int expected"),
        ("port = 70000", "0 to 65535"),
        ("call_timeout_s = 0", "more than 0"),
        ("tokens = {a = 'Fine'}", "allowed are Accepted"),
        ("tokens = {a = 5}", "a status or the members of an idTokenInfo"),
        ("tokens = {a = {group = 'x'}}", "'group' was unexpected"),
        ("users = {CS1 = 5}", "users.CS1"),
        ("serials = {CS1 = 5}", "serials.CS1"),
        ("tls_port = 70000", "tls_port is 70000"),
        ("mutual_tls_port = -1", "mutual_tls_port is -1"),
        ("client_cn = 'both'", "allowed are either, identity"),
        ("ca_key = 'dsa'", "allowed are ec-p256, rsa-3072"),
        ("ca_intermediate = 1", "bool expected"),
        ("tls_names = [5]", "tls_names"),
        ("meter_keys = {M = 'xyz'}", "meter_keys.M"),
        ("port = ", "no TOML"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_is_allowed(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as caught:
        loaded(tmp_path, text)
    assert "csms.toml" in str(caught.value)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml")


def test_no_secret_shows_when_settings_are_printed() -> None:
    secrets: dict[str, Any] = {"password": "hush", "users": {"CS1": "hush"}, "tokens": {"HUSH": "Invalid"}}
    assert "hush" not in repr(Settings(**secrets)).lower()
