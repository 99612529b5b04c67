"""The way to the CSMS as a whole: more security step by step, renewals, and what happens when one does not work."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings as CsmsSettings
from simulators.mock_csms.station import Signing, is_request
from simulators.mock_csms.tls import Flaw, Tls
from tests.flows.house import PASSWORD, until
from tests.flows.line import BASIC, MUTUAL_TLS, TLS, Line
from tests.pki.authority import Authority

NEW_PASSWORD = "another-password-for-tests"
RENEWAL_REFUSED = "DiscardedRenewedClientCertificate"
TWO_WAITS_S = 55.0
"""Longer than the first two waits of the back-off, and shorter than the first three."""

# More security


@pytest.mark.ocpp("A05.FR.04", "A05.FR.05", "A05.FR.06", "A00.FR.001", "A00.FR.005", "B10.FR.04")
async def test_a_station_climbs_from_basic_authentication_to_mutual_tls_and_not_back(tmp_path: Path) -> None:
    async with Line(tmp_path) as line:
        assert await line.get("SecurityCtrlr.SecurityProfile") == "1"
        await line.fill(TLS)
        assert await line.prefer("2,1") == "Rejected"  # there is no root yet
        await line.certified()
        await line.upgrade(TLS, before=",1")
        assert await line.get("SecurityCtrlr.SecurityProfile") == "2"
        assert await line.get("OCPPCommCtrlr.NetworkConfigurationPriority") == "2"
        await line.upgrade(MUTUAL_TLS, before=",2")
        assert line.shown.common_name == line.seen.id
        assert await line.get("SecurityCtrlr.SecurityProfile") == "3"
        assert await line.get("OCPPCommCtrlr.NetworkConfigurationPriority") == "3"
        assert await line.get("OCPPCommCtrlr.ActiveNetworkProfile") == "3"
        assert await line.prefer("1") == "Rejected"
        assert await line.prefer("2") == "Rejected"
        await line.reboot()
        await line.reached(MUTUAL_TLS)
        told = [event["techInfo"] for event in line.events("ReconfigurationOfSecurityParameters")]
        assert "security profile 2 instead of 1" in told
        assert "security profile 3 instead of 2" in told


@pytest.mark.ocpp("B10.FR.07", "B10.FR.09", "A05.FR.06")
async def test_a_step_up_that_does_not_work_leads_back_and_works_later(tmp_path: Path) -> None:
    async with Line(tmp_path) as line:
        await line.certified()
        line.csms.listener(TLS).show(Tls(flaw=Flaw.EXPIRED))
        await line.fill(TLS)
        assert await line.prefer("2") == "Accepted"
        connections, number = line.seen.connections, line.seen.messages.last
        await line.reboot()
        await line.came_back(connections)
        assert line.security.profile == BASIC
        assert await line.get("SecurityCtrlr.SecurityProfile") == "1"
        assert await line.get("OCPPCommCtrlr.NetworkConfigurationPriority") == "2"
        assert "expired" in (await line.told("InvalidCsmsCertificate", after=number))["techInfo"]
        line.csms.listener(TLS).show(Tls())
        await line.reboot()
        await line.reached(TLS)
        assert await line.get("SecurityCtrlr.SecurityProfile") == "2"


@pytest.mark.ocpp("A00.FR.310", "A00.FR.316", "A04.FR.02")
async def test_a_bad_certificate_is_told_once_when_the_outage_is_over(tmp_path: Path) -> None:
    async with Line(tmp_path) as line:
        await line.certified()
        await line.upgrade(TLS)
        for series in (1, 2):
            line.csms.listener(TLS).show(Tls(flaw=Flaw.WRONG_NAME))
            connections = line.seen.connections
            await line.csms.disconnect(line.seen.id, abruptly=True)
            await asyncio.sleep(300)
            assert line.seen.connections == connections
            line.csms.listener(TLS).show(Tls())
            await line.came_back(connections)
            await until(lambda: len(line.events("InvalidCsmsCertificate")) >= series, "the event")  # noqa: B023
            await asyncio.sleep(60)
            assert len(line.events("InvalidCsmsCertificate")) == series
            assert len(line.boots) == 2


# Another CSMS


@pytest.mark.ocpp("B10.FR.03", "B10.FR.07", "B10.FR.10")
async def test_a_new_csms_that_is_dead_costs_one_round_and_is_found_when_it_lives(tmp_path: Path) -> None:
    other = MockCsms(CsmsSettings(password=PASSWORD))
    async with Line(tmp_path) as line:
        async with other:
            url = other.url
        await line.fill(BASIC, url=url, slot=2)
        assert await line.prefer("2,1") == "Accepted"
        connections = line.seen.connections
        await line.reboot()
        await line.came_back(connections)
        assert await line.get("OCPPCommCtrlr.ActiveNetworkProfile") == "1"
        async with other:
            await line.reboot()
            there = other.station(line.seen.id)
            await until(lambda: there.registration == "Accepted", "a boot there")
            assert not line.seen.connected
            boots = len(line.boots)
            await other.go_away()
            await until(lambda: line.seen.connected, "it", seconds=3600)
            await until(lambda: len(line.boots) > boots, "a boot here")
            await other.come_back()


# Renewal


@pytest.mark.ocpp("A02.FR.02", "A02.FR.03", "A02.FR.08", "A02.FR.09", "A02.FR.10", "A03.FR.09")
async def test_a_renewed_certificate_is_shown_at_once_and_the_old_one_is_dropped(tmp_path: Path) -> None:
    async with Line(tmp_path) as line:
        await line.under_mutual_tls()
        before, connections, boots = line.shown, line.seen.connections, len(line.boots)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        assert await line.csms.renew_certificate(line.seen.id) == "Accepted"
        await line.came_back(connections)
        assert loop.time() - begun < 10
        assert line.shown.serial != before.serial
        assert line.identities == 2
        assert len(line.boots) == boots
        assert line.events(RENEWAL_REFUSED) == []


@pytest.mark.ocpp("A02.FR.10", "A02.FR.28", "A02.FR.29", "A03.FR.24", "A03.FR.25")
@pytest.mark.parametrize("restart", [False, True])
async def test_a_csms_that_refuses_its_own_new_certificate_gets_the_old_one(tmp_path: Path, restart: bool) -> None:
    async with Line(tmp_path) as line:
        await line.under_mutual_tls()
        before, connections = line.shown, line.seen.connections
        await _renew_in_vain(line)
        if restart:
            await line.reboot()
        await line.came_back(connections)
        assert line.shown.serial == before.serial
        await line.told(RENEWAL_REFUSED)
        assert line.identities == 2
        await line.reboot()
        await line.reached(MUTUAL_TLS)
        assert line.shown.serial == before.serial
        assert len(line.events(RENEWAL_REFUSED)) == 1


async def _renew_in_vain(line: Line) -> None:
    """Have the certificate renewed by an authority that the station trusts, and the CSMS does not."""
    stranger = Authority.now("Stranger")
    assert await line.csms.install_root(line.seen.id, certificate=stranger.root_pem) == "Accepted"
    line.seen.signing = Signing(automatic=False)
    number = line.seen.messages.last
    await line.call("TriggerMessage", requestedMessage="SignChargingStationCertificate")
    asked = await line.seen.wait_for_message(lambda m: is_request(m, "SignCertificate"), after=number)
    chain = stranger.sign_csr(asked.payload["csr"])
    answer = await line.call("CertificateSigned", certificateChain=chain)
    assert answer["status"] == "Accepted"


@pytest.mark.ocpp("A02.FR.06", "A02.FR.08")
async def test_a_certificate_that_is_asked_for_before_a_restart_may_come_after_it(tmp_path: Path) -> None:
    async with Line(tmp_path) as line:
        await line.under_mutual_tls()
        before = line.shown
        line.seen.signing = Signing(automatic=False)
        number = line.seen.messages.last
        await line.call("TriggerMessage", requestedMessage="SignChargingStationCertificate")
        await line.seen.wait_for_message(lambda m: is_request(m, "SignCertificate"), after=number)
        await line.reboot()
        await line.reached(MUTUAL_TLS)
        assert line.shown.serial == before.serial
        connections = line.seen.connections
        assert await line.csms.send_certificate(line.seen.id) == "Accepted"
        await line.came_back(connections)
        assert line.shown.serial != before.serial


# A root of the CSMS that is checked


class Renewing:
    """The authority of a CSMS, which can be changed for another one."""

    def __init__(self) -> None:
        self.current = Authority.now("First root")

    @property
    def root_pem(self) -> str:
        return self.current.root_pem

    def server(self, names: Sequence[str], **_: Any) -> str:
        leaf = self.current.issue(names[0], sans=names)
        return leaf.chain_pem + leaf.key_pem


@pytest.mark.ocpp("M05.FR.09", "M05.FR.10", "M05.FR.12", "M05.FR.13", "M05.FR.14")
@pytest.mark.parametrize("restart", [False, True])
async def test_an_old_root_stays_until_the_csms_shows_a_certificate_of_the_new_one(
    tmp_path: Path, restart: bool
) -> None:
    authority: Any = Renewing()
    line = Line(tmp_path, security="additional_root_check = true")
    line.csms = MockCsms(line.csms.settings, authority=authority)
    async with line:
        assert await line.csms.install_root(line.seen.id) == "Accepted"
        await line.upgrade(TLS)
        assert await line.set("OCPPCommCtrlr.NetworkProfileConnectionAttempts", "3") == "Accepted"
        second = Authority("Second root", at=authority.current.at, signed_by=authority.current)
        stranger = Authority.now("Stranger")
        assert await line.csms.install_root(line.seen.id, certificate=stranger.root_pem) == "Rejected"
        assert await line.csms.install_root(line.seen.id, certificate=second.root_pem) == "Accepted"
        for number in (1, 2):
            await _come_again(line, restart=restart, seconds=TWO_WAITS_S)
            await line.told("InvalidCsmsCertificate")
            assert line.roots == 2
            assert len(line.events("InvalidCsmsCertificate")) == number
        authority.current = second
        line.csms.listener(TLS).show(Tls())
        await _come_again(line, restart=restart)
        assert line.roots == 1


async def _come_again(line: Line, *, restart: bool, seconds: float = 3600) -> None:
    connections = line.seen.connections
    if restart:
        await line.reboot()
    else:
        await line.csms.disconnect(line.seen.id)
    await line.came_back(connections, seconds=seconds)
    await asyncio.sleep(10)


# The password


@pytest.mark.ocpp("A01.FR.01", "A01.FR.11", "A01.FR.12")
async def test_a_new_password_is_used_at_once_and_after_a_restart(tmp_path: Path) -> None:
    async with Line(tmp_path) as line:
        connections = line.seen.connections
        assert await line.csms.set_password(line.seen.id, NEW_PASSWORD) == "Accepted"
        await line.came_back(connections, seconds=10)
        assert "BasicAuthPassword" in (await line.told("ReconfigurationOfSecurityParameters"))["techInfo"]
        connections = line.seen.connections
        await line.reboot()
        await line.came_back(connections, seconds=10)
        assert line.events("FailedToAuthenticateAtCsms") == []


@pytest.mark.ocpp("A01.FR.01")
@pytest.mark.parametrize("restart", [False, True])
async def test_a_csms_that_forgets_the_new_password_gets_the_old_one(tmp_path: Path, restart: bool) -> None:
    async with Line(tmp_path) as line:
        connections = line.seen.connections
        assert await line.set("SecurityCtrlr.BasicAuthPassword", NEW_PASSWORD) == "Accepted"
        if restart:
            await line.reboot()
        await line.came_back(connections)
        await line.told("FailedToAuthenticateAtCsms")
        assert len(line.boots) == (2 if restart else 1)
        # The CSMS comes round later, and nobody has to tell the station.
        line.csms.expect_password(line.seen.id, NEW_PASSWORD)
        connections = line.seen.connections
        await line.csms.disconnect(line.seen.id)
        await line.came_back(connections)


# Connections that are none


async def test_a_csms_that_ends_each_connection_at_once_is_not_stormed(tmp_path: Path) -> None:
    async with Line(tmp_path) as line:
        loop = asyncio.get_running_loop()
        before, end = line.seen.connections, loop.time() + 300
        while loop.time() < end:
            if line.seen.connected:
                await line.csms.disconnect(line.seen.id, abruptly=True)
            await asyncio.sleep(0.1)
        assert 300 / 22 < line.seen.connections - before <= 300 / 10
