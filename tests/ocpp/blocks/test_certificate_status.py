"""What OCSP responders say of a V2G chain is asked for, kept, and asked for again when it is due."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse
from structlog.testing import capture_logs

from station.ocpp.blocks.certificate_status import CertificateStatus
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.storage.database import Database
from station.storage.ocsp import OcspResponses
from tests.fakes_clock import FakeClock
from tests.ocpp.csms import talking
from tests.pki.responder import response
from tests.pki.test_keystore import Shop

V2G = SigningUse.v2g_certificate
URL = "http://ocsp.example/"
HOUR_S, DAY_S = 3600.0, 24 * 3600.0
FAILED = {"status": "Failed"}


class Bureau(Shop):
    def __init__(self, folder, database):
        super().__init__(folder)
        self.clock = FakeClock()
        self.session = RpcSession(Router(), timeout_s=lambda: 30.0)
        self.responses = OcspResponses(database)
        self.status = CertificateStatus(self.store, self.session, responses=self.responses, now=self.clock.now)

    @property
    def leaf(self):
        return self.store.inventory.own(V2G)[0].certificate

    def good(self, **options):
        return {"status": "Accepted", "ocspResult": response(self.leaf, self.root, at=self.clock.now(), **options)}

    @asynccontextmanager
    async def online(self, *answers):
        async with talking(self.session) as csms:
            csms.answer("GetCertificateStatus", *(answers or [FAILED]))
            task = asyncio.create_task(self.status.serve(), name="status")
            try:
                yield csms
                await asyncio.sleep(0)
                assert not task.done()
            finally:
                task.cancel()


@pytest.fixture
def bureau(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Bureau(tmp_path, database)


async def test_without_a_v2g_chain_nobody_is_asked(bureau):
    bureau.renew(ocsp=URL)
    async with bureau.online() as csms:
        await asyncio.sleep(2 * DAY_S)
        assert csms.asked == []


@pytest.mark.ocpp("M06.FR.06")
async def test_the_status_of_the_chain_is_asked_for_and_kept(bureau):
    serial = bureau.renew(V2G, ocsp=URL)
    async with bureau.online(bureau.good()) as csms:
        await asyncio.sleep(HOUR_S / 2)
        (asked,) = csms.of("GetCertificateStatus")
    assert asked["ocspRequestData"]["serialNumber"] == serial
    assert asked["ocspRequestData"]["responderURL"] == URL
    from cryptography.hazmat.primitives import hashes

    assert bureau.responses.get(bureau.leaf.fingerprint(hashes.SHA256()).hex()) is not None


@pytest.mark.ocpp("M06.FR.10")
@pytest.mark.parametrize("days", [None, 30])
async def test_it_is_asked_for_again_after_a_week_also_over_connections(bureau, days):
    bureau.renew(V2G, ocsp=URL)
    next_update = bureau.clock.now() + timedelta(days=days) if days else None
    async with bureau.online(bureau.good(next_update=next_update)) as csms:
        await asyncio.sleep(6 * DAY_S)
        assert len(csms.of("GetCertificateStatus")) == 1
    async with bureau.online(bureau.good()) as csms:
        await asyncio.sleep(HOUR_S)
        assert csms.asked == []
        await asyncio.sleep(DAY_S)
        assert len(csms.of("GetCertificateStatus")) == 1


async def test_it_is_asked_for_earlier_if_the_responder_says_so_but_not_all_the_time(bureau):
    bureau.renew(V2G, ocsp=URL)
    async with bureau.online(bureau.good(next_update=bureau.clock.now())) as csms:
        await asyncio.sleep(HOUR_S / 2)
        bureau.status.look()
        await asyncio.sleep(1)
        assert len(csms.of("GetCertificateStatus")) == 1
        await asyncio.sleep(3 * HOUR_S)
        assert len(csms.of("GetCertificateStatus")) >= 3


@pytest.mark.ocpp("M06.FR.07")
async def test_a_new_chain_is_asked_about_at_once_with_its_sub_cas(bureau):
    bureau.renew(V2G, root=bureau.root, ocsp=URL)
    async with bureau.online(bureau.good()) as csms:
        await asyncio.sleep(HOUR_S / 2)
        serial = bureau.renew(V2G, root=bureau.root.sub("Sub", ocsp=URL), ocsp=URL)
        bureau.status.look()
        await csms.hear("GetCertificateStatus", 3, within_s=60)
        asked = {message["ocspRequestData"]["serialNumber"] for message in csms.of("GetCertificateStatus")[1:]}
    assert serial in asked
    assert len(asked) == 2


@pytest.mark.ocpp("M06.FR.06")
@pytest.mark.parametrize("answer", [FAILED, {"status": "Accepted", "ocspResult": "AAAA"}, {"status": "Accepted"}])
async def test_what_cannot_be_had_is_asked_for_again_later(bureau, answer):
    bureau.renew(V2G, ocsp=URL)
    async with bureau.online(answer) as csms:
        await asyncio.sleep(2.5 * HOUR_S)
        assert len(csms.of("GetCertificateStatus")) == 3


async def test_a_revoked_certificate_is_told_to_the_operator(bureau):
    bureau.renew(V2G, ocsp=URL)
    with capture_logs() as logs:
        async with bureau.online(bureau.good(revoked=True)):
            await asyncio.sleep(1)
    assert "certificate_revoked" in [entry["event"] for entry in logs]


async def test_responses_about_chains_that_are_gone_are_forgotten(bureau):
    bureau.renew(V2G, ocsp=URL)
    bureau.responses.put("gone", "AAAA", next_update=bureau.clock.now())
    async with bureau.online(bureau.good()):
        await asyncio.sleep(1)
    assert bureau.responses.get("gone") is None
