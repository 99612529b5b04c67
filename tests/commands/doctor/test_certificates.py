"""The station's own certificates and roots: none, good, about to end, ended."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from station.commands.doctor import certificates
from station.commands.doctor.findings import Finding, Result
from station.pki.keystore import FOLDER, KeyStore
from tests.commands.doctor.place import IDENTITY, PASSWORD, bad, case, named
from tests.fakes_clock import START, FakeClock
from tests.pki.authority import Authority

ROOT = Authority("Root", at=START)
WITH_CERTIFICATE = 'security_profile = 3\nroot_certificate = "root.pem"'


def found(folder: Path, *, profile: int = 1, **clock: Any) -> list[Finding]:
    (folder / "root.pem").write_text(ROOT.root_pem)
    text = {"url": "wss://csms.example", "csms": WITH_CERTIFICATE} if profile == 3 else {}
    return list(certificates.check(case(folder, clock=FakeClock(**clock), **text)))


def own(folder: Path, **options: Any) -> None:
    place = folder / "state" / FOLDER / "ChargingStationCertificate"
    place.mkdir(parents=True, mode=0o700)
    chain, key = ROOT.issue(IDENTITY, client=True, **options).write(place, "leaf")
    chain.rename(place / "0001.pem")
    key.rename(place / "0001.key")


def test_none_is_well(tmp_path: Path) -> None:
    assert named(found(tmp_path), "installed").found == "none"


def test_good_ones_are_named(tmp_path: Path) -> None:
    own(tmp_path)
    KeyStore(tmp_path / "state" / FOLDER, now=lambda: START).install_root_from_file(_root(tmp_path))
    findings = found(tmp_path)
    assert bad(findings) == {}
    assert IDENTITY in named(findings, "the station's").found
    assert "Root" in named(findings, "root of the CSMS").found


@pytest.mark.parametrize(
    ("profile", "options", "result"),
    [
        (3, {"days": -1}, Result.FAILURE),
        (1, {"days": -1}, Result.WARNING),
        (3, {"days": 20}, Result.WARNING),
        (3, {"days": 40}, Result.OK),
        (3, {"not_before": START + timedelta(days=2)}, Result.WARNING),
    ],
)
def test_one_that_ends_is_told_in_time(tmp_path: Path, profile: int, options: dict[str, Any], result: Result) -> None:
    own(tmp_path, **options)
    assert named(found(tmp_path, profile=profile), "the station's").result is result


def test_a_root_that_has_ended_is_a_failure(tmp_path: Path) -> None:
    KeyStore(tmp_path / "state" / FOLDER, now=lambda: START).install_root_from_file(_root(tmp_path))
    later = START + timedelta(days=4000)
    assert named(found(tmp_path, start=later), "root of the CSMS").result is Result.FAILURE


def test_a_key_that_waits_for_its_certificate_is_a_warning(tmp_path: Path) -> None:
    place = tmp_path / "state" / FOLDER / "ChargingStationCertificate"
    place.mkdir(parents=True)
    (place / "0001.key").write_text("a key")
    assert named(found(tmp_path), "ChargingStationCertificate waits").result is Result.WARNING


def _root(folder: Path) -> Path:
    assert PASSWORD
    return ROOT.write(folder)
