"""SignCertificate is sent when it is triggered or a certificate expires, and again until the certificate comes."""

import asyncio

import pytest
from cryptography import x509

from station.pki.keystore import STATION
from station.storage.database import Database
from tests.fakes_clock import FakeClock
from tests.ocpp.csms import SILENCE, Refusal
from tests.ocpp.office import ACCEPTED, REJECTED, WAIT_S, Office


@pytest.fixture
def office(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Office(tmp_path, database)


@pytest.mark.ocpp("A02.FR.17", "A02.FR.18", "A02.FR.19", "A03.FR.17", "A03.FR.18", "A03.FR.19")
async def test_a_certificate_that_does_not_come_is_asked_for_again_after_a_time_that_doubles(office):
    loop = asyncio.get_running_loop()
    async with office.online() as csms:
        csr, begun = await office.ask(csms), loop.time()
        for times, after_s in ((2, WAIT_S), (3, WAIT_S + 2 * WAIT_S)):
            assert (await csms.hear("SignCertificate", times))["csr"] == csr
            assert loop.time() - begun == pytest.approx(after_s, abs=2)
        await asyncio.sleep(20 * WAIT_S)
        assert len(csms.of("SignCertificate")) == 3
        assert await office.sign(csms, office.root.sign_csr(csr)) == ACCEPTED, "late is better than never"


@pytest.mark.ocpp("A02.FR.19", "A03.FR.19")
async def test_after_the_last_time_only_a_trigger_makes_it_ask_again(office):
    office.rules["repeat_times"] = 0
    async with office.online() as csms:
        await office.ask(csms)
        await asyncio.sleep(20 * WAIT_S)
        assert len(csms.of("SignCertificate")) == 1
        await office.ask(csms)


@pytest.mark.ocpp("A02.FR.20")
@pytest.mark.parametrize("chain", ["garbage", "x" * 9_000])
async def test_a_certificate_that_was_refused_is_not_asked_for_again(office, chain):
    office.rules["longest_chain"] = 5_600
    async with office.online() as csms:
        await office.ask(csms)
        assert (await office.sign(csms, chain))["status"] == "Rejected"
        await asyncio.sleep(20 * WAIT_S)
        assert len(csms.of("SignCertificate")) == 1


async def test_a_certificate_that_came_is_not_asked_for_again(office):
    async with office.online() as csms:
        await office.renew(csms)
        await asyncio.sleep(20 * WAIT_S)
        assert len(csms.of("SignCertificate")) == 1


@pytest.mark.parametrize("answer", [REJECTED, Refusal()])
async def test_a_csms_that_refuses_is_not_asked_again_and_the_key_is_dropped(office, answer):
    async with office.online() as csms:
        csms.answer("SignCertificate", answer)
        csr = await office.ask(csms)
        await asyncio.sleep(20 * WAIT_S)
        assert len(csms.of("SignCertificate")) == 1
        assert (await office.sign(csms, office.root.sign_csr(csr)))["status"] == "Rejected"


async def test_a_request_that_is_not_answered_is_sent_again_and_does_not_count(office):
    office.rules["repeat_times"] = 0
    async with office.online() as csms:
        csms.answer("SignCertificate", SILENCE, ACCEPTED)
        csr = await office.ask(csms)
        assert (await csms.hear("SignCertificate", 2))["csr"] == csr


async def test_what_is_asked_for_offline_is_sent_when_there_is_a_connection(office):
    await office.trigger()
    async with office.online() as csms:
        csr = (await csms.hear("SignCertificate"))["csr"]
    async with office.online() as csms:
        assert (await csms.hear("SignCertificate"))["csr"] == csr, "and the waiting goes on over connections"


@pytest.mark.ocpp("A02.FR.17")
async def test_what_the_csms_owed_before_a_restart_is_taken_and_asked_for_again(office):
    async with office.online() as csms:
        csr = await office.ask(csms)
        await asyncio.sleep(1)
    office.start()
    loop = asyncio.get_running_loop()
    async with office.online() as csms:
        begun = loop.time()
        again = (await csms.hear("SignCertificate"))["csr"]
        assert loop.time() - begun == pytest.approx(WAIT_S, abs=2), "it may come by itself"
        assert (
            x509.load_pem_x509_csr(again.encode()).public_key() == x509.load_pem_x509_csr(csr.encode()).public_key()
        )
        assert await office.sign(csms, office.root.sign_csr(csr)) == ACCEPTED


async def test_what_was_given_up_before_a_restart_is_not_asked_for_again(office):
    office.rules["repeat_times"] = 0
    async with office.online() as csms:
        csr = await office.ask(csms)
        await asyncio.sleep(1)
    office.start()
    async with office.online() as csms:
        await asyncio.sleep(20 * WAIT_S)
        assert csms.of("SignCertificate") == []
        assert await office.sign(csms, office.root.sign_csr(csr)) == ACCEPTED


async def test_a_key_that_was_damaged_does_not_stop_the_station(office):
    async with office.online() as csms:
        await office.ask(csms)
        await asyncio.sleep(1)
    next((office.folder / "certificates").rglob("*.key")).write_text("rust")
    office.start()
    async with office.online() as csms:
        await asyncio.sleep(WAIT_S * 2)
        assert csms.of("SignCertificate") == []
        await office.renew(csms)


async def test_nothing_is_asked_for_while_the_operator_is_not_named(office):
    office.rules["organization"] = ""
    assert "OrganizationName" in office.certificates.triggered(STATION)(None).additional_info
    async with office.online() as csms:
        await asyncio.sleep(WAIT_S)
        assert csms.of("SignCertificate") == []
        office.rules["organization"] = "CSO"
        await office.renew(csms)


async def test_an_operator_that_no_certificate_can_name_does_not_stop_the_station(office):
    office.rules["organization"] = "\ud800"
    async with office.online() as csms:
        await office.trigger()
        await asyncio.sleep(WAIT_S)
        assert csms.of("SignCertificate") == []
    assert office.store.pending_key(STATION) is None


# Before expiry


@pytest.mark.ocpp("A03.FR.02", "A03.FR.03")
async def test_a_certificate_that_expires_within_a_month_is_renewed_without_being_asked(office):
    async with office.online() as csms:
        await office.renew(csms, days=60)
    office.start()
    async with office.online() as csms:
        await asyncio.sleep(3600)
        assert csms.of("SignCertificate") == []
        office.clock.shift(29.5 * 24 * 3600)
        await asyncio.sleep(24 * 3600)
        csr = (await csms.hear("SignCertificate"))["csr"]
        assert await office.sign(csms, office.root.sign_csr(csr, days=365)) == ACCEPTED


@pytest.mark.ocpp("A03.FR.19", "A02.FR.20")
async def test_for_one_certificate_that_expires_is_asked_once_also_after_a_restart(office):
    async with office.online() as csms:
        await office.renew(csms, days=20)
        await asyncio.sleep(0.1)
    office.start()
    office.rules["repeat_times"] = 0
    for times in (1, 0):
        office.start()
        async with office.online() as csms:
            await asyncio.sleep(5 * 24 * 3600)
            assert len(csms.of("SignCertificate")) == times


async def test_a_csms_that_refuses_to_renew_is_asked_again_the_next_day(office):
    async with office.online() as csms:
        await office.renew(csms, days=20)
    office.start()
    async with office.online() as csms:
        csms.answer("SignCertificate", REJECTED)
        await asyncio.sleep(3.5 * 24 * 3600)
        assert len(csms.of("SignCertificate")) == 4
