"""Roots are installed if they are sound, listed by their hashes, and deleted if the station can do without them."""

import os
from datetime import timedelta

import pytest
from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse
from ocpp.v201.enums import HashAlgorithmEnumType

from station.core.security_events import SecurityEvent
from station.ocpp.blocks.certificate_management import CertificateManagement
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.pki.hash_data import hash_data
from station.pki.keystore import CSMS, STATION
from tests.fakes_clock import START
from tests.ocpp.csms import talking
from tests.pki.authority import Authority
from tests.pki.test_keystore import Shop

ACCEPTED = {"status": "Accepted"}
V2G = SigningUse.v2g_certificate
ROOT_TYPES = ("CSMSRootCertificate", "ManufacturerRootCertificate", "MORootCertificate", "V2GRootCertificate")


class Desk(Shop):
    """A key store that the CSMS manages; at profile 1 unless the test says otherwise."""

    def __init__(self, folder, *, check=False, most=32):
        super().__init__(folder, check=check)
        self.profile, self.events = 1, []
        block = CertificateManagement(
            self.store,
            most=most,
            security_profile=lambda: self.profile,
            notify=lambda event, text: self.events.append((event, text)),
            now=lambda: self.now,
        )
        self.session = RpcSession(Router(block), timeout_s=lambda: 30.0)

    async def call(self, action, **payload):
        async with talking(self.session) as csms:
            kind, _, answer = await csms.call(action, **payload)
            assert kind == 3, answer
            return answer

    async def add(self, pem, use="CSMSRootCertificate"):
        return await self.call("InstallCertificate", certificateType=use, certificate=pem)

    async def ids(self, *types):
        return await self.call("GetInstalledCertificateIds", **({"certificateType": types} if types else {}))

    async def delete(self, certificate, issuer=None, **other):
        data = payload_of(certificate, issuer or certificate) | other
        return await self.call("DeleteCertificate", certificateHashData=data)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def strict(tmp_path):
    return Desk(tmp_path, check=True)


def payload_of(certificate, issuer, algorithm=HashAlgorithmEnumType.sha256):
    data = hash_data(certificate, issuer, algorithm)
    return {
        "hashAlgorithm": algorithm.value,
        "issuerNameHash": data.issuer_name_hash,
        "issuerKeyHash": data.issuer_key_hash,
        "serialNumber": data.serial_number,
    }


def code_of(answer, status="Rejected"):
    assert answer["status"] == status
    return answer["statusInfo"]["reasonCode"]


# M05


@pytest.mark.ocpp("M05.FR.01", "M05.FR.02", "M03.FR.03", "M03.FR.04")
@pytest.mark.parametrize("use", ROOT_TYPES)
@pytest.mark.parametrize("key", ["ec", "rsa"])
async def test_a_root_of_any_use_is_installed_and_listed_by_its_hashes(desk, use, key):
    root = Authority("Root", key)
    assert await desk.add(root.root_pem, use) == ACCEPTED
    expected = {"certificateType": use, "certificateHashData": payload_of(root.certificate, root.certificate)}
    assert await desk.ids(use) == {"status": "Accepted", "certificateHashDataChain": [expected]}
    assert [event for event, _ in desk.events] == [SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS]


BAD = {
    "garbage": "garbage",
    "a damaged one": Authority("Root").root_pem.replace("A", "B"),
    "expired": Authority("Root", days=-1).root_pem,
    "not yet valid": Authority("Root", not_before=START + timedelta(days=1)).root_pem,
    "a leaf": Authority("Root").issue("S-1").pem,
    "no authority": Authority("Root", ca=False).root_pem,
    "a weak key": Authority("Root", "weak").root_pem,
    "a sub CA of nobody": Authority("Root").sub().pem,
    "two at once": Authority("Root").root_pem + Authority("Other").root_pem,
}


@pytest.mark.ocpp("M05.FR.07")
@pytest.mark.parametrize("pem", BAD.values(), ids=BAD.keys())
async def test_what_is_no_valid_root_is_refused(desk, pem):
    assert code_of(await desk.add(pem)) == "InvalidCertificate"
    assert desk.store.entries() == 0
    assert desk.events == []


@pytest.mark.ocpp("M05.FR.03")
async def test_a_disk_that_takes_nothing_is_a_failure(desk, monkeypatch):
    monkeypatch.setattr(os, "replace", _no_space)
    assert code_of(await desk.add(Authority("Root").root_pem), "Failed") == "InternalError"
    assert desk.events == []


def _no_space(*_arguments):
    raise OSError(28, "No space left on device")


@pytest.mark.ocpp("M05.FR.06", "M05.FR.17")
async def test_no_more_are_installed_than_there_is_room_for_but_one_may_come_again(tmp_path):
    desk = Desk(tmp_path, most=2)
    roots = [Authority(str(number)) for number in range(3)]
    assert await desk.add(roots[0].root_pem) == ACCEPTED
    assert await desk.add(roots[1].root_pem, "MORootCertificate") == ACCEPTED
    assert code_of(await desk.add(roots[2].root_pem)) == "OutOfStorage"
    assert await desk.add(roots[0].root_pem) == ACCEPTED
    assert desk.store.entries() == 2


@pytest.mark.ocpp("M05.FR.10", "M05.FR.12")
async def test_a_checked_root_is_accepted_if_the_old_one_signed_it(strict):
    assert await strict.add(strict.root.root_pem) == ACCEPTED
    new = Authority("New", signed_by=strict.root)
    assert await strict.add(new.root_pem) == ACCEPTED
    assert strict.roots() == [(new.root_pem,), (strict.root.root_pem,)]
    listed = (await strict.ids())["certificateHashDataChain"]
    assert [entry["certificateHashData"] for entry in listed] == [
        payload_of(new.certificate, strict.root.certificate),
        payload_of(strict.root.certificate, strict.root.certificate),
    ]


@pytest.mark.ocpp("M05.FR.10", "M05.FR.11")
async def test_a_checked_root_that_the_old_one_did_not_sign_is_refused(strict):
    assert await strict.add(strict.root.root_pem) == ACCEPTED
    for stranger in (Authority("Stranger"), Authority("Root"), Authority("New", signed_by=Authority("Root"))):
        assert code_of(await strict.add(stranger.root_pem)) == "InvalidCertificate"
    assert strict.roots() == [(strict.root.root_pem,)]


@pytest.mark.ocpp("M05.FR.10")
async def test_a_root_that_has_expired_cannot_vouch_for_its_successor(strict):
    strict.root = Authority("Root", days=10)
    await strict.add(strict.root.root_pem)
    strict.now = START + timedelta(days=11)
    new = Authority("New", signed_by=strict.root)
    assert "is valid from" in (await strict.add(new.root_pem))["statusInfo"]["additionalInfo"]


@pytest.mark.ocpp("M05.FR.09", "M05.FR.10")
async def test_a_root_that_has_not_worked_yet_cannot_vouch_for_its_successor(strict):
    second = Authority("Second", signed_by=strict.root)
    third = Authority("Third", signed_by=second)
    await strict.add(strict.root.root_pem)
    await strict.add(second.root_pem)
    assert code_of(await strict.add(third.root_pem)) == "InvalidCertificate"
    strict.store.worked(strict.store.tls_materials(with_client=False)[0])
    assert await strict.add(third.root_pem) == ACCEPTED
    assert strict.roots() == [(third.root_pem,), (second.root_pem,)]


async def test_the_checked_root_itself_may_come_again(strict):
    await strict.add(strict.root.root_pem)
    assert await strict.add(strict.root.root_pem) == ACCEPTED
    assert strict.roots() == [(strict.root.root_pem,)]


@pytest.mark.ocpp("M05.FR.10")
async def test_the_check_is_about_roots_of_the_csms_only(strict):
    for name in ("One", "Two"):
        assert await strict.add(Authority(name).root_pem, "MORootCertificate") == ACCEPTED
    assert strict.store.entries() == 2


# M03


@pytest.mark.ocpp("M03.FR.01", "M03.FR.02")
async def test_where_nothing_is_installed_nothing_is_found(desk):
    assert await desk.ids() == {"status": "NotFound"}
    await desk.add(desk.root.root_pem)
    assert await desk.ids("MORootCertificate", "V2GCertificateChain") == {"status": "NotFound"}


@pytest.mark.ocpp("M03.FR.03", "M03.FR.04")
async def test_all_types_are_listed_if_none_is_named_but_never_the_client_certificate(desk):
    for use in ROOT_TYPES:
        await desk.add(Authority(use).root_pem, use)
    desk.renew()
    listed = (await desk.ids())["certificateHashDataChain"]
    assert {entry["certificateType"] for entry in listed} == set(ROOT_TYPES)
    some = (await desk.ids("CSMSRootCertificate", "MORootCertificate"))["certificateHashDataChain"]
    assert {entry["certificateType"] for entry in some} == {"CSMSRootCertificate", "MORootCertificate"}


@pytest.mark.ocpp("M03.FR.05")
async def test_a_v2g_chain_is_listed_with_its_sub_cas_under_the_leaf(desk):
    first = desk.root.sub("Sub 1")
    second = first.sub("Sub 2")
    desk.renew(V2G, root=second)
    (leaf,) = [own.certificate for own in desk.store.inventory.own(V2G)]
    assert (await desk.ids("V2GCertificateChain"))["certificateHashDataChain"] == [
        {
            "certificateType": "V2GCertificateChain",
            "certificateHashData": payload_of(leaf, second.certificate),
            "childCertificateHashData": [
                payload_of(second.certificate, first.certificate),
                payload_of(first.certificate, desk.root.certificate),
            ],
        }
    ]


# M04


@pytest.mark.ocpp("M04.FR.01", "M04.FR.02")
@pytest.mark.parametrize("algorithm", list(HashAlgorithmEnumType))
async def test_a_certificate_is_deleted_by_hashes_of_any_algorithm(desk, algorithm):
    kept = Authority("Kept")
    await desk.add(desk.root.root_pem)
    await desk.add(kept.root_pem)
    desk.events.clear()
    data = payload_of(desk.root.certificate, desk.root.certificate, algorithm)
    assert await desk.delete(desk.root.certificate, **data) == ACCEPTED
    assert desk.again().tls_materials(with_client=False)[0].roots == (kept.root_pem,)
    assert [event for event, _ in desk.events] == [SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS]


async def test_hashes_may_be_written_in_capitals_and_the_number_with_zeros(desk):
    await desk.add(desk.root.root_pem)
    data = payload_of(desk.root.certificate, desk.root.certificate)
    shouted = {name: text.upper() for name, text in data.items()} | {"serialNumber": f"{data['serialNumber']:0>40}"}
    assert await desk.delete(desk.root.certificate, **shouted) == ACCEPTED


@pytest.mark.ocpp("M04.FR.04")
@pytest.mark.parametrize("field", ["issuerNameHash", "issuerKeyHash", "serialNumber"])
async def test_what_is_not_there_is_not_found(desk, field):
    assert await desk.delete(desk.root.certificate) == {"status": "NotFound"}
    await desk.add(desk.root.root_pem)
    assert await desk.delete(desk.root.certificate, **{field: "abcdef"}) == {"status": "NotFound"}
    assert desk.store.entries() == 1


@pytest.mark.ocpp("M04.FR.03", "M04.FR.06")
async def test_the_certificate_that_the_csms_is_shown_cannot_be_deleted(desk):
    await desk.add(desk.root.root_pem)
    serial = desk.renew()
    leaf = desk.store.inventory.own(STATION)[0].certificate
    assert code_of(await desk.delete(leaf, desk.root.certificate), "Failed") == "Unspecified"
    assert desk.serials() == [serial]


@pytest.mark.ocpp("M04.FR.02", "M04.FR.03")
@pytest.mark.parametrize(("profile", "status"), [(1, "Accepted"), (2, "Failed"), (3, "Failed")])
async def test_the_last_root_goes_only_where_the_connection_does_without(desk, profile, status):
    other = Authority("Other")
    await desk.add(desk.root.root_pem)
    await desk.add(other.root_pem)
    desk.profile = profile
    assert await desk.delete(other.certificate) == ACCEPTED
    assert (await desk.delete(desk.root.certificate))["status"] == status
    assert len(desk.store.inventory.roots(CSMS)) == (0 if profile == 1 else 1)


@pytest.mark.ocpp("M04.FR.03")
async def test_an_expired_root_is_no_reason_to_let_the_last_valid_one_go(desk):
    expired = Authority("Old", days=10)
    desk.profile = 2
    await desk.add(expired.root_pem)
    await desk.add(desk.root.root_pem)
    desk.now = START + timedelta(days=11)
    assert (await desk.delete(desk.root.certificate))["status"] == "Failed"
    assert await desk.delete(expired.certificate) == ACCEPTED


@pytest.mark.ocpp("M04.FR.02", "M04.FR.08")
async def test_with_a_sub_ca_goes_the_v2g_chain_and_its_key(desk):
    sub = desk.root.sub()
    desk.renew(V2G, root=sub)
    assert await desk.delete(sub.certificate, desk.root.certificate) == ACCEPTED
    assert await desk.ids() == {"status": "NotFound"}
    assert list(desk.folder.rglob("*.key")) == []


@pytest.mark.ocpp("M04.FR.03")
async def test_a_deletion_that_fails_is_told_and_changes_nothing(desk, monkeypatch):
    await desk.add(desk.root.root_pem)
    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", _no_space)
        assert code_of(await desk.delete(desk.root.certificate), "Failed") == "InternalError"
    assert len(desk.store.inventory.roots(CSMS)) == 1
