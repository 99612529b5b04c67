"""The way to the CSMS: every step of it is broken once, with a CSMS that shows what is wrong."""

import errno
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from simulators.mock_csms.listener import Upgrade
from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings as CsmsSettings
from simulators.mock_csms.tls import Flaw, Tls
from station.clock import SystemClock
from station.commands.doctor import csms as looks
from station.commands.doctor.case import Case
from station.commands.doctor.csms import REMEDIES
from station.commands.doctor.daemon import Told
from station.commands.doctor.findings import Finding, Result
from station.ocpp.failures import FailureKind
from station.storage.database import Database
from tests.commands.doctor.place import IDENTITY, PASSWORD, all_of, bad, case, named
from tests.pki.authority import Authority

OPEN = "security_profile = 0\nallow_plain_without_password = true"
TLS, MUTUAL_TLS = 2, 3


@asynccontextmanager
async def csms(**options: Any) -> AsyncIterator[MockCsms]:
    async with MockCsms(CsmsSettings(password=PASSWORD, tls_port=0, mutual_tls_port=0, **options)) as there:
        yield there


def way_to(there: MockCsms, folder: Path, *, profile: int = 1, **more: Any) -> Case:
    """Return a station that shall use a profile of this CSMS, whose root it knows."""
    if profile == 1:
        return case(folder, url=there.url, clock=SystemClock(trusted=True), **more)
    (folder / "root.pem").write_text(there.authority.root_pem)
    lines = [f"security_profile = {profile}", 'root_certificate = "root.pem"']
    if profile == TLS:
        lines.append(f'password = "{PASSWORD}"')
    url = there.url_for(profile)
    return case(folder, url=url, csms="\n".join(lines), clock=SystemClock(trusted=True), **more)


async def look(looked_at: Case) -> list[Finding]:
    return await all_of(looks.check(looked_at))


async def test_a_csms_that_is_there_is_well(tmp_path: Path) -> None:
    async with csms() as there:
        findings = await look(way_to(there, tmp_path))
        seen = there.station(IDENTITY)
        assert [boot["reason"] for boot in seen.received("BootNotification")] == ["Unknown"]
        assert not seen.connected
    assert bad(findings) == {}
    assert [finding.name for finding in findings] == ["way", "name", "connection", "websocket", "boot"]
    assert named(findings, "boot").found == "Accepted, interval 300 s"
    assert not (tmp_path / "state").exists()


async def test_without_leave_no_boot_is_sent(tmp_path: Path) -> None:
    async with csms() as there:
        findings = await look(way_to(there, tmp_path, boot=False))
        assert there.station(IDENTITY).received("BootNotification") == ()
        assert there.station(IDENTITY).connections == 1
    assert named(findings, "websocket").result is Result.OK
    assert findings[-1].name == "websocket"


async def test_no_protection_at_all_is_a_warning(tmp_path: Path) -> None:
    async with MockCsms(CsmsSettings()) as there:
        findings = await look(case(tmp_path, url=there.url, csms=OPEN, clock=SystemClock(trusted=True)))
    assert named(findings, "way").result is Result.WARNING
    assert named(findings, "boot").result is Result.OK


async def test_a_name_that_nobody_knows_is_a_failure_and_the_rest_is_skipped(tmp_path: Path) -> None:
    # A label that is too long is refused here, before any name server is asked.
    findings = await look(case(tmp_path, url=f"ws://{'x' * 64}.example/ocpp"))
    assert named(findings, "name").result is Result.FAILURE
    assert {finding.name: finding.found for finding in findings if finding.result is Result.SKIPPED} == {
        "connection": "see name",
        "websocket": "see name",
        "boot": "see name",
    }


async def test_a_name_that_is_known_leads_to_its_addresses() -> None:
    finding = await looks.resolved("name", "localhost", 80, whose="the CSMS's")
    assert finding.result is Result.OK
    assert "127.0.0.1" in finding.found or "::1" in finding.found


async def test_a_port_where_nobody_listens_is_a_failure(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    findings = await look(case(tmp_path, url=f"ws://127.0.0.1:{port}/ocpp"))
    finding = named(findings, "connection")
    assert finding.result is Result.FAILURE
    assert finding.found == f"127.0.0.1 port {port}: {os.strerror(errno.ECONNREFUSED)}"
    assert named(findings, "websocket").result is Result.SKIPPED


async def test_a_wrong_password_is_a_failure(tmp_path: Path) -> None:
    async with csms(users={IDENTITY: "another-password-for-tests"}) as there:
        findings = await look(way_to(there, tmp_path))
    finding = named(findings, "websocket")
    assert (finding.result, finding.remedy) == (Result.FAILURE, REMEDIES[FailureKind.CREDENTIALS])
    assert PASSWORD not in str(findings)
    assert named(findings, "boot").result is Result.SKIPPED


@pytest.mark.parametrize(
    ("upgrade", "kind"),
    [
        (Upgrade(status=404), FailureKind.IDENTITY),
        (Upgrade(status=503), FailureKind.REFUSED),
        (Upgrade(subprotocol=None), FailureKind.SUBPROTOCOL),
    ],
)
async def test_a_csms_that_takes_no_websocket_is_a_failure(
    tmp_path: Path, upgrade: Upgrade, kind: FailureKind
) -> None:
    async with csms() as there:
        there.listener(1).meet(upgrade)
        finding = named(await look(way_to(there, tmp_path)), "websocket")
    assert (finding.result, finding.remedy) == (Result.FAILURE, REMEDIES[kind])


@pytest.mark.parametrize(("status", "result"), [("Pending", Result.WARNING), ("Rejected", Result.FAILURE)])
async def test_a_csms_that_does_not_accept_the_station_is_told(tmp_path: Path, status: str, result: Result) -> None:
    async with csms() as there:
        answer = {"currentTime": "2026-11-21T00:00:00Z", "interval": 60, "status": status}
        there.override(IDENTITY, "BootNotification", answer)
        finding = named(await look(way_to(there, tmp_path)), "boot")
    assert (finding.result, finding.found) == (result, f"{status}, interval 60 s")


async def test_a_csms_whose_clock_is_elsewhere_is_a_warning(tmp_path: Path) -> None:
    async with csms() as there:
        answer = {"currentTime": "2020-01-01T00:00:00Z", "interval": 60, "status": "Accepted"}
        there.override(IDENTITY, "BootNotification", answer)
        finding = named(await look(way_to(there, tmp_path)), "boot")
    assert finding.result is Result.WARNING
    assert "away from this computer's" in finding.found


async def test_a_csms_that_does_not_answer_the_boot_is_a_failure(tmp_path: Path) -> None:
    async with csms() as there:
        there.override(IDENTITY, "BootNotification", silent=True)
        finding = named(await look(way_to(there, tmp_path)), "boot")
    assert finding.result is Result.FAILURE
    assert "no answer to BootNotification" in finding.found


# TLS


@pytest.mark.parametrize("profile", [TLS])
async def test_a_certificate_that_is_good_is_named(tmp_path: Path, profile: int) -> None:
    async with csms() as there:
        findings = await look(way_to(there, tmp_path, profile=profile))
        issuer = there.authority.root_pem
    assert issuer
    assert bad(findings) == {}
    told = named(findings, "certificate").found
    assert told.startswith("for ")
    assert "127.0.0.1" in told
    assert "signed by" in told
    assert "TLSv1.3" in told
    assert named(findings, "boot").result is Result.OK


FLAWS = {
    Flaw.EXPIRED: "it has expired",
    Flaw.NOT_YET_VALID: "it is not valid yet",
    Flaw.WRONG_NAME: "it is not for 127.0.0.1, but for",
    Flaw.UNKNOWN_CA: "its issuer is not known",
    Flaw.SELF_SIGNED: "self-signed",
}


@pytest.mark.parametrize("flaw", FLAWS)
async def test_a_certificate_with_a_flaw_is_a_failure_that_says_whose_it_is(tmp_path: Path, flaw: Flaw) -> None:
    async with csms() as there:
        there.listener(TLS).show(Tls(flaw=flaw))
        findings = await look(way_to(there, tmp_path, profile=TLS))
        assert there.station(IDENTITY).connections == 0
    finding = named(findings, "certificate")
    assert (finding.result, finding.remedy) == (Result.FAILURE, REMEDIES[FailureKind.CERTIFICATE])
    assert FLAWS[flaw] in finding.found
    assert "signed by" in finding.found
    assert named(findings, "websocket").result is Result.SKIPPED


async def test_a_certificate_that_is_not_valid_yet_by_a_clock_nobody_set_blames_the_clock(tmp_path: Path) -> None:
    async with csms() as there:
        there.listener(TLS).show(Tls(flaw=Flaw.NOT_YET_VALID))
        looked_at = way_to(there, tmp_path, profile=TLS)
        from dataclasses import replace

        class Unsure(SystemClock):
            def synchronised(self) -> bool:
                return False

        finding = named(await look(replace(looked_at, clock=Unsure())), "certificate")
    assert finding.remedy == REMEDIES[FailureKind.CLOCK]


async def test_a_certificate_that_ends_soon_is_a_warning() -> None:
    now = SystemClock().now()
    from station.commands.doctor.encryption import Shown

    shown = Shown(("csms.example",), "CN=Root", now - timedelta(days=300), now + timedelta(days=13), "TLSv1.3")
    assert looks.trusted(shown, None, now).result is Result.WARNING
    assert looks.trusted(shown, None, now - timedelta(days=2)).result is Result.OK


async def test_an_old_tls_is_a_failure(tmp_path: Path) -> None:
    async with csms() as there:
        there.listener(TLS).show(Tls(maximum_version="TLSv1.1"))
        finding = named(await look(way_to(there, tmp_path, profile=TLS)), "certificate")
    assert (finding.result, finding.remedy) == (Result.FAILURE, REMEDIES[FailureKind.TLS_VERSION])
    assert "could not be looked at" in finding.found


async def test_without_a_root_nobody_is_trusted_and_nobody_dialled(tmp_path: Path) -> None:
    async with csms() as there:
        lines = f'security_profile = 2\npassword = "{PASSWORD}"'
        findings = await look(case(tmp_path, url=there.url_for(TLS), csms=lines))
    (finding,) = findings
    assert finding.result is Result.FAILURE
    assert "no CSMSRootCertificate is installed" in finding.found


async def test_profile_3_without_a_certificate_of_the_station_is_a_failure(tmp_path: Path) -> None:
    async with csms() as there:
        (finding,) = await look(way_to(there, tmp_path, profile=MUTUAL_TLS))
    assert finding.result is Result.FAILURE
    assert "no certificate of this station is installed" in finding.found


def certified(folder: Path, authority: Authority, **options: Any) -> None:
    """Give a station a certificate of its own."""
    place = folder / "state" / "certificates" / "ChargingStationCertificate"
    place.mkdir(parents=True, mode=0o700)
    chain, key = authority.issue(IDENTITY, client=True, **options).write(place, "leaf")
    chain.rename(place / "0001.pem")
    key.rename(place / "0001.key")


@pytest.mark.realtime
async def test_a_certificate_of_the_station_that_the_csms_refuses_is_a_failure(tmp_path: Path) -> None:
    async with csms() as there:
        certified(tmp_path, Authority.now("Stranger"))
        findings = await look(way_to(there, tmp_path, profile=MUTUAL_TLS))
        assert there.station(IDENTITY).connections == 0
    finding = named(findings, "websocket")
    assert (finding.result, finding.remedy) == (Result.FAILURE, REMEDIES[FailureKind.CLIENT_CERTIFICATE])


async def test_a_port_without_tls_is_a_failure(tmp_path: Path) -> None:
    async with csms() as there:
        (tmp_path / "root.pem").write_text(there.authority.root_pem)
        lines = f'security_profile = 2\nroot_certificate = "root.pem"\npassword = "{PASSWORD}"'
        url = there.url.replace("ws:", "wss:")
        findings = await look(case(tmp_path, url=url, csms=lines, clock=SystemClock(trusted=True)))
    assert named(findings, "certificate").result is Result.FAILURE


# Beside a station


def told(**csms: Any) -> Told:
    return Told({"csms": {"connected": True, "registration": "Accepted", "slot": 1, **csms}})


async def test_a_station_that_runs_is_asked_and_not_cut_off(tmp_path: Path) -> None:
    async with csms() as there:
        findings = await look(way_to(there, tmp_path, told=told(), runs=True))
        assert there.station(IDENTITY).connections == 0
    assert named(findings, "websocket").found == "connected and accepted, slot 1"
    assert "boot" not in [finding.name for finding in findings]


@pytest.mark.parametrize(
    ("csms_side", "result", "found"),
    [
        (
            {"connected": False, "last_failure": "nobody listens"},
            Result.FAILURE,
            "not connected; the last try: nobody listens",
        ),
        ({"connected": False}, Result.FAILURE, "not connected"),
        ({"registration": "Pending"}, Result.WARNING, "connected, but BootNotification is Pending"),
        ({"registration": ""}, Result.WARNING, "connected, but BootNotification is not answered yet"),
    ],
)
async def test_what_the_station_tells_of_its_connection_counts(
    tmp_path: Path, csms_side: dict[str, Any], result: Result, found: str
) -> None:
    async with csms() as there:
        finding = named(await look(way_to(there, tmp_path, told=told(**csms_side), runs=True)), "websocket")
    assert (finding.result, finding.found) == (result, found)


async def test_a_station_that_runs_and_does_not_tell_is_not_cut_off_either(tmp_path: Path) -> None:
    async with csms() as there:
        findings = await look(way_to(there, tmp_path, runs=True))
        assert there.station(IDENTITY).connections == 0
    assert named(findings, "websocket").result is Result.SKIPPED


async def test_a_database_that_cannot_be_read_leaves_the_way_unknown(tmp_path: Path) -> None:
    looked_at = case(tmp_path)
    with Database.open(looked_at.state_dir, looked_at.clock) as database:
        database.execute("PRAGMA user_version = 999")
    (finding,) = await look(looked_at)
    assert finding.result is Result.SKIPPED
