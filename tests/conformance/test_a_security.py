"""Block A: security profiles, passwords, TLS and the certificate of the station."""

import asyncio
import ssl
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.conformance.door import Door
from tests.conformance.papers import V2gChain, outdated
from tests.conformance.site import CSMS_NAME, MUTUAL_TLS, TLS, Site
from tests.conformance.states import (
    V2G_ROOT,
    booted,
    certificate_installed,
    certificate_signed,
    has_booted,
    reconnected_with,
    renew_charging_station_certificate,
    renew_v2g_certificate,
    signing_requested,
    under_mutual_tls,
)
from tests.flows.house import IDENTITY, PASSWORD, until
from tests.pki.authority import Authority

STATION = IDENTITY.replace(" ", "-")
MONTH = timedelta(days=30)
ELSEWHERE = "other.example.test"
WILDCARD = "*." + CSMS_NAME.partition(".")[2]

INVALID: dict[str, Callable[[Site], ssl.SSLContext]] = {
    "expired": lambda site: site.tls(days=-1),
    "not valid yet": lambda site: site.tls(not_before=datetime.now(UTC) + MONTH, days=60),
    "of an unknown root": lambda site: site.tls(authority=Authority.now("Another root")),
    "for another name": lambda site: site.tls(ELSEWHERE),
    "for a wildcard": lambda site: site.tls(WILDCARD),
}


@pytest.mark.conformance("TC_A_01_CS")
@pytest.mark.ocpp("A00.FR.202", "A00.FR.203", "A00.FR.204", "A00.FR.205", "A00.FR.301", "A00.FR.302", "A00.FR.304")
@pytest.mark.ocpp("B01.FR.01", "B01.FR.05", "B01.FR.09")
async def test_tc_a_01_cs(site: Site) -> None:
    """The station says who it is with user name and password in every upgrade request."""
    knocks = len(site.door.upgrades)
    after = await booted(site)
    boot = await site.request("BootNotification", after=after)
    assert boot["reason"] == "RemoteReset"
    assert len(site.door.upgrades) > knocks
    for attempt in site.door.upgrades:
        assert attempt.credentials == (STATION, PASSWORD)
        assert attempt.path is not None
        assert attempt.path.rsplit("/", 1)[1] == STATION
    assert 16 <= len(PASSWORD) <= 40
    assert set(PASSWORD) <= set(string.ascii_letters + string.digits + "*-_=:+|@.")


@pytest.mark.conformance("TC_A_05_CS")
@pytest.mark.ocpp("A00.FR.309", "A00.FR.310", "A00.FR.311", "A00.FR.412", "A00.FR.413", "A00.FR.414")
async def test_tc_a_05_cs(tls_site: Site) -> None:
    """A server with a certificate that is not right is left, and told of later."""
    site = tls_site
    await site.configured(NetworkProfileConnectionAttempts="3")
    await site.only_active_slot()
    (result,) = await site.set_variables(
        {
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "AllowCSMSTLSWildcards"},
            "attributeValue": "false",
        }
    )
    assert result["attributeStatus"] in ("Accepted", "UnknownVariable")
    valid = site.door.tls
    for name, invalid in INVALID.items():
        await _reconnected(site)
        after, upgrades = site.now, len(site.door.upgrades)
        site.door.tls = invalid(site)
        await _attempted(site, site.door)
        assert len(site.door.upgrades) == upgrades, name
        site.door.tls = valid
        await site.connected(site.door, upgrades=upgrades + 1)
        await site.security_event("InvalidCsmsCertificate", after=after)


@pytest.mark.conformance("TC_A_06_CS")
@pytest.mark.ocpp("A00.FR.301", "A00.FR.302", "A00.FR.303")
@pytest.mark.ocpp("A00.FR.314", "A00.FR.316", "A00.FR.416", "A00.FR.417", "A00.FR.419")
async def test_tc_a_06_cs(tls_site: Site) -> None:
    """A server that knows nothing newer than TLS 1.1 is left, and told of later."""
    site = tls_site
    await site.configured(NetworkProfileConnectionAttempts="1")
    valid, after, upgrades = site.door.tls, site.now, len(site.door.upgrades)
    attempts = len(site.door.attempts)
    answer = await site.call("Reset", type="Immediate")
    assert answer["status"] == "Accepted"
    with pytest.deprecated_call():
        site.door.tls = outdated(site.tls())
    await site.restarted()
    await until(lambda: len(site.door.attempts) > attempts, "an attempt")
    await asyncio.sleep(1)
    assert len(site.door.upgrades) == upgrades
    site.door.tls = valid
    await has_booted(site, after=after)
    assert site.door.upgrades[-1].tls in ("TLSv1.2", "TLSv1.3")
    assert site.door.upgrades[-1].credentials == (STATION, PASSWORD)
    await site.security_event("InvalidTLSVersion", after=after)


@pytest.mark.conformance("TC_A_10_CS")
@pytest.mark.ocpp("A01.FR.01")
async def test_tc_a_10_cs(site: Site) -> None:
    """A password that is too short is refused, and the old one stays in use."""
    result = await site.set("SecurityCtrlr.BasicAuthPassword", "short-password")
    assert result["attributeStatus"] == "Rejected"
    await _reconnected(site)
    assert site.door.upgrades[-1].credentials == (STATION, PASSWORD)
    await booted(site)
    assert site.door.upgrades[-1].credentials == (STATION, PASSWORD)


@pytest.mark.conformance("TC_A_11_CS")
@pytest.mark.ocpp("A02.FR.02", "A02.FR.03", "A02.FR.06", "A02.FR.08", "A02.FR.09", "A03.FR.09")
@pytest.mark.ocpp("F06.FR.04", "F06.FR.05", "F06.FR.10", "A00.FR.001", "A00.FR.401", "A00.FR.402", "A00.FR.506")
@pytest.mark.ocpp("A05.FR.04", "A05.FR.05", "A05.FR.06")
async def test_tc_a_11_cs(tls_site: Site) -> None:
    """A station that is asked to renews its certificate, and connects anew with it without a reboot."""
    site = tls_site
    async with under_mutual_tls(site) as door:
        before, boots = door.upgrades[-1].certificate, len(site.requests("BootNotification"))
        certificate = await renew_charging_station_certificate(site)
        assert before is not None
        assert certificate.public_key() != before.public_key()
        await reconnected_with(site, door, certificate)
        assert len(site.requests("BootNotification")) == boots


@pytest.mark.conformance("TC_A_12_CS")
@pytest.mark.ocpp("A02.FR.02", "A02.FR.03", "A02.FR.06", "A02.FR.13", "F06.FR.04", "F06.FR.05", "F06.FR.10")
async def test_tc_a_12_cs(site: Site) -> None:
    """A station that is asked to renews its certificate for vehicles."""
    chain = V2gChain()
    await certificate_installed(site, V2G_ROOT, chain.root.pem)
    await renew_v2g_certificate(site, chain)


@pytest.mark.conformance("TC_A_14_CS")
@pytest.mark.ocpp("A02.FR.07", "A03.FR.07")
async def test_tc_a_14_cs(tls_site: Site) -> None:
    """A certificate that nobody trusted has signed is refused, discarded and told of."""
    site = tls_site
    async with under_mutual_tls(site) as door:
        after, before = site.now, door.upgrades[-1].certificate
        chain = Authority.now("Another root").sign_csr(await signing_requested(site))
        assert await certificate_signed(site, chain) == "Rejected"
        await site.security_event("InvalidChargingStationCertificate", after=after)
        upgrades = len(door.upgrades)
        door.cut()
        await site.connected(door, upgrades=upgrades + 1)
        assert door.upgrades[-1].certificate == before


@pytest.mark.conformance("TC_A_15_CS")
async def test_tc_a_15_cs(tls_site: Site) -> None:
    """A CSMS that will not sign is asked no more."""
    site = tls_site
    async with under_mutual_tls(site):
        site.csms.override(site.seen.id, "SignCertificate", {"status": "Rejected"})
        await site.set("SecurityCtrlr.CertSigningWaitMinimum", "30")
        await signing_requested(site)
        after = site.now
        await asyncio.sleep(300)
        assert site.requests("SignCertificate", after=after) == []


@pytest.mark.conformance("TC_A_20_CS")
@pytest.mark.ocpp("A05.FR.02")
async def test_tc_a_20_cs(site: Site) -> None:
    """There is no step up to TLS without a root to check the server with."""
    await _refuses_step_up(site, TLS, may_refuse_profile=True)


@pytest.mark.conformance("TC_A_21_CS")
@pytest.mark.ocpp("A05.FR.03")
async def test_tc_a_21_cs(tls_site: Site) -> None:
    """There is no step up to mutual TLS without a certificate to show."""
    await _refuses_step_up(tls_site, MUTUAL_TLS, may_refuse_profile=False)


async def _refuses_step_up(site: Site, profile: int, *, may_refuse_profile: bool) -> None:
    active = await site.only_active_slot()
    async with site.another_door(profile) as door:
        status = await site.set_profile(3 - active, door.url, profile)
        assert status == "Accepted" or (may_refuse_profile and status == "Rejected")
        assert await site.prefer(3 - active, active) == "Rejected"
        assert await site.get("OCPPCommCtrlr.NetworkConfigurationPriority") == str(active)
        assert int(await site.get("SecurityCtrlr.SecurityProfile")) == site.profile
        assert door.attempts == []


async def _reconnected(site: Site) -> None:
    """Cut the connection, and wait for the next one."""
    upgrades = len(site.door.upgrades)
    site.door.cut()
    await site.connected(site.door, upgrades=upgrades + 1)


async def _attempted(site: Site, door: Door) -> None:
    """Cut the connection, and wait until the next attempt is over."""
    attempts = len(door.attempts)
    door.cut()
    await until(lambda: len(door.attempts) > attempts, "an attempt", seconds=3600)
    await asyncio.sleep(1)
