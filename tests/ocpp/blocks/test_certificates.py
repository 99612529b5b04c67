"""What CertificateSigned brings is checked, kept, and switched over to."""

import asyncio
from datetime import timedelta

import pytest
from cryptography import x509
from ocpp.v201.enums import InstallCertificateUseEnumType as RootUse

from station.core.security_events import SecurityEvent
from station.pki.keystore import STATION
from station.storage.database import Database
from tests.fakes_clock import START, FakeClock
from tests.ocpp.fake_wire import serving
from tests.ocpp.office import ACCEPTED, V2G, Office
from tests.pki.authority import Authority

INVALID = SecurityEvent.INVALID_CHARGING_STATION_CERTIFICATE
CHANGED = SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS


@pytest.fixture
def office(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Office(tmp_path, database)


def code_of(answer):
    assert answer["status"] == "Rejected"
    return answer["statusInfo"]["reasonCode"]


@pytest.mark.ocpp("A02.FR.02", "A02.FR.03", "A02.FR.13", "A03.FR.13", "A00.FR.509", "A00.FR.511")
async def test_a_request_brings_a_new_key_for_this_station_and_its_operator(office):
    async with office.online() as csms:
        first, second = await office.ask(csms), await office.ask(csms)
        assert {message["certificateType"] for message in csms.of("SignCertificate")} == {
            "ChargingStationCertificate"
        }
    requests = [x509.load_pem_x509_csr(text.encode()) for text in (first, second)]
    assert requests[0].public_key() != requests[1].public_key()
    assert {request.subject.rfc4514_string() for request in requests} == {"CN=S-1,O=CSO"}


@pytest.mark.ocpp("A02.FR.06", "A02.FR.08", "A03.FR.08")
async def test_a_certificate_that_fits_is_kept_and_then_switched_over_to(office):
    async with office.online() as csms:
        csr = await office.ask(csms)
        assert office.switched == []
        assert await office.sign(csms, office.root.sub().sign_csr(csr, client=True)) == ACCEPTED
        await asyncio.sleep(0.1)
    assert office.switched == [STATION]
    assert office.store.has_client()
    assert office.store.pending_key(STATION) is None
    assert len(office.told(CHANGED)) == 1
    assert office.serials()[0] in office.told(CHANGED)[0]


async def test_a_request_without_a_type_is_about_the_certificate_for_the_csms(office):
    async with office.online() as csms:
        csr = await office.ask(csms)
        assert await office.sign(csms, office.root.sign_csr(csr), None) == ACCEPTED
    assert len(office.serials()) == 1


@pytest.mark.ocpp("A02.FR.08")
async def test_the_old_certificate_stays_beside_the_new_one_until_that_has_worked(office):
    async with office.online() as csms:
        old, new = await office.renew(csms), await office.renew(csms)
    assert office.serials() == [new, old]


WRONG = {
    "expired": {"days": -1},
    "not yet valid": {"not_before": START + timedelta(days=1)},
    "for another station": {"common_name": "S-2"},
    "for another operator": {"organization": "Other"},
    "an authority": {"ca": True},
    "a server": {"server": True},
}


@pytest.mark.ocpp("A02.FR.06", "A02.FR.07", "A03.FR.06", "A03.FR.07")
@pytest.mark.parametrize("options", WRONG.values(), ids=WRONG.keys())
async def test_a_certificate_that_is_wrong_is_refused_and_told(office, options):
    async with office.online() as csms:
        csr = await office.ask(csms)
        assert code_of(await office.sign(csms, office.root.sign_csr(csr, **options))) == "InvalidCertificate"
        assert await office.sign(csms, office.root.sign_csr(csr)) == ACCEPTED, "a better one may follow"
    assert len(office.told(INVALID)) == 1
    assert office.switched == [STATION]


@pytest.mark.ocpp("A02.FR.06", "A02.FR.07", "A03.FR.07")
@pytest.mark.parametrize("text", ["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
async def test_garbage_is_refused_and_told(office, text):
    async with office.online() as csms:
        await office.ask(csms)
        assert code_of(await office.sign(csms, text)) == "InvalidCertificate"
    assert len(office.told(INVALID)) == 1
    assert office.serials() == []


@pytest.mark.ocpp("A02.FR.06", "A02.FR.07")
async def test_a_certificate_of_another_hierarchy_or_for_another_key_is_refused(office):
    async with office.online() as csms:
        csr = await office.ask(csms)
        stranger = Authority("Root").sign_csr(csr)
        assert "no installed root" in (await office.sign(csms, stranger))["statusInfo"]["additionalInfo"]
        other = office.root.issue("S-1").chain_pem
        assert "for the key" in (await office.sign(csms, other))["statusInfo"]["additionalInfo"]
    assert office.serials() == []


@pytest.mark.ocpp("A02.FR.06", "A02.FR.07")
async def test_a_certificate_over_a_sub_ca_that_has_expired_is_refused(office):
    async with office.online() as csms:
        chain = office.root.sub("Sub", days=-1).sign_csr(await office.ask(csms))
        assert code_of(await office.sign(csms, chain)) == "InvalidCertificate"


async def test_a_certificate_may_overtake_the_answer_to_the_request_for_it(office):
    async with serving(office.session) as wire:
        asking = asyncio.create_task(office.trigger(), name="asking")
        _, asked, _, payload = await wire.hear()
        chain = office.root.sign_csr(payload["csr"], days=20)
        wire.say([2, "signed", "CertificateSigned", {"certificateChain": chain}])
        assert await wire.hear() == [3, "signed", ACCEPTED]
        wire.say([3, asked, ACCEPTED])
        await asking
    office.start()
    async with office.online() as csms:
        await csms.hear("SignCertificate", within_s=60)  # it expires soon, and nobody has asked for the next one


async def test_a_certificate_that_nobody_asked_for_is_refused(office):
    async with office.online() as csms:
        assert code_of(await office.sign(csms, office.root.issue("S-1").pem)) == "InvalidCertificate"
    assert len(office.told(INVALID)) == 1


async def test_a_certificate_that_comes_twice_is_accepted_twice_and_used_once(office):
    async with office.online() as csms:
        chain = office.root.sign_csr(await office.ask(csms))
        assert await office.sign(csms, chain) == ACCEPTED
        assert await office.sign(csms, chain) == ACCEPTED
        await asyncio.sleep(0.1)
    assert office.switched == [STATION]
    assert office.events == [(CHANGED, office.told(CHANGED)[0])]


@pytest.mark.ocpp("A02.FR.16", "A03.FR.16")
async def test_a_chain_that_is_longer_than_allowed_is_refused(office):
    async with office.online() as csms:
        chain = office.root.sub().sign_csr(await office.ask(csms))
        office.rules["longest_chain"] = len(chain) - 1
        assert code_of(await office.sign(csms, chain)) == "TooLargeElement"
        office.rules["longest_chain"] = len(chain)
        assert await office.sign(csms, chain) == ACCEPTED


async def test_a_disk_that_takes_nothing_is_told_and_the_key_goes_on_waiting(office, monkeypatch):
    import os

    async with office.online() as csms:
        chain = office.root.sign_csr(await office.ask(csms))
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", _no_space)
            assert code_of(await office.sign(csms, chain)) == "InternalError"
        assert await office.sign(csms, chain) == ACCEPTED
    assert office.told(INVALID) == []


def _no_space(*_arguments):
    raise OSError(28, "No space left on device")


@pytest.mark.realtime
async def test_rsa_is_made_where_the_settings_want_it(office):
    office.key_kind = "rsa-3072"
    office.start()
    async with office.online() as csms:
        csr = await office.ask(csms)
        assert x509.load_pem_x509_csr(csr.encode()).public_key().key_size == 3072
        assert await office.sign(csms, office.root.sign_csr(csr)) == ACCEPTED


# V2G


@pytest.mark.ocpp("A02.FR.13", "A03.FR.13")
async def test_a_v2g_certificate_comes_from_a_v2g_root_and_has_an_ec_key(office):
    office.key_kind = "rsa-3072"
    office.start()
    v2g = Authority("V2G")
    office.store.inventory.add_root(RootUse.v2g_root_certificate, (v2g.certificate,))
    async with office.online() as csms:
        csr = await office.ask(csms, V2G)
        assert csms.of("SignCertificate")[0]["certificateType"] == "V2GCertificate"
        assert x509.load_pem_x509_csr(csr.encode()).public_key().key_size == 256
        assert (await office.sign(csms, office.root.sign_csr(csr), V2G))["status"] == "Rejected"
        assert await office.sign(csms, v2g.sub("1").sub("2").sign_csr(csr, server=True), V2G) == ACCEPTED
        await asyncio.sleep(0.1)
    assert office.switched == [V2G]
    assert len(office.serials(V2G)) == 1
    assert not office.store.has_client()
