import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from ocpp.v201 import call
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from simulators.mock_csms.errors import CallFailedError, RequestError
from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings
from simulators.mock_csms.station import Signing
from simulators.mock_csms.tls import Flaw
from tests.simulators.mock_csms.peer import SecuredStation, bare_station, secured_station
from tests.simulators.mock_csms.tls_peer import csr, new_key, showing

OLD = "the-old-password"
NEW = "a-new-password-1"


def login(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"CS1:{password}".encode()).decode()}


@pytest.fixture
async def csms() -> AsyncIterator[MockCsms]:
    async with MockCsms(Settings(password=OLD, mutual_tls_port=0)) as running:
        yield running


@pytest.fixture
async def station(csms: MockCsms) -> AsyncIterator[SecuredStation]:
    async with secured_station(csms, additional_headers=login(OLD)) as running:
        running.csr = csr(new_key())
        yield running


async def connects(csms: MockCsms, password: str) -> bool:
    try:
        async with bare_station(csms, additional_headers=login(password)):
            return True
    except InvalidStatus:
        return False


async def test_the_root_of_the_csms_is_installed(csms: MockCsms, station: SecuredStation) -> None:
    assert await csms.install_root("CS1") == "Accepted"
    (root,) = station.roots
    assert root == {"certificate_type": "CSMSRootCertificate", "certificate": csms.authority.root_pem}
    await csms.install_root("CS1", certificate="other", use="V2GRootCertificate")
    assert station.roots[1] == {"certificate_type": "V2GRootCertificate", "certificate": "other"}


async def test_a_station_gets_its_certificate_and_comes_back_with_it(csms: MockCsms, tmp_path: Path) -> None:
    key = new_key()
    async with secured_station(csms, additional_headers=login(OLD)) as station:
        station.csr = csr(key)
        assert await csms.renew_certificate("CS1") == "Accepted"
        (given,) = station.certificates
    assert given["certificate_type"] == "ChargingStationCertificate"
    context = showing(tmp_path, csms.authority.root_pem, given["certificate_chain"], key)
    async with connect(csms.url_of("CS1", 3), subprotocols=["ocpp2.0.1"], ssl=context):  # type: ignore[list-item]
        assert csms.station("CS1").connected


async def test_a_certificate_is_for_the_use_that_was_asked_for(csms: MockCsms, station: SecuredStation) -> None:
    await csms.renew_certificate("CS1", use="V2GCertificate")
    assert station.certificates[0]["certificate_type"] == "V2GCertificate"


async def test_how_a_station_answers_is_told(csms: MockCsms, station: SecuredStation) -> None:
    station.grim = True
    assert await csms.renew_certificate("CS1") == "Rejected"
    assert station.certificates == []
    assert await csms.install_root("CS1") == "Rejected"


async def test_a_csr_that_is_none_is_rejected_and_nothing_follows(csms: MockCsms, station: SecuredStation) -> None:
    answer = await station.call(call.SignCertificate(csr="nonsense"))
    assert answer.status == "Rejected"
    assert answer.status_info["reason_code"] == "InvalidCSR"
    assert csms.station("CS1").problems == ()
    await asyncio.sleep(10)
    assert station.certificates == []


async def test_no_certificate_follows_when_the_answer_is_overridden(csms: MockCsms, station: SecuredStation) -> None:
    csms.override("CS1", "SignCertificate", {"status": "Rejected"})
    await station.call(call.SignCertificate(csr=station.csr))
    await asyncio.sleep(10)
    assert station.certificates == []


async def test_a_csr_that_is_none_but_is_accepted_on_purpose_does_no_harm(
    csms: MockCsms, station: SecuredStation
) -> None:
    csms.override("CS1", "SignCertificate", {"status": "Accepted"})
    await station.call(call.SignCertificate(csr="nonsense"))
    await asyncio.sleep(10)
    assert csms.station("CS1").connected
    assert station.certificates == []


async def test_a_certificate_can_be_sent_by_hand(csms: MockCsms, station: SecuredStation) -> None:
    with pytest.raises(RequestError, match="no CSR"):
        await csms.send_certificate("CS1")
    csms.station("CS1").signing = Signing(automatic=False)
    await station.call(call.SignCertificate(csr=station.csr))
    await asyncio.sleep(10)
    assert station.certificates == []
    assert await csms.send_certificate("CS1", valid_for=timedelta(days=2)) == "Accepted"
    (certificate,) = x509.load_pem_x509_certificates(station.certificates[0]["certificate_chain"].encode())
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc < timedelta(days=3)


async def test_a_certificate_with_a_flaw_is_sent_on_purpose(csms: MockCsms, station: SecuredStation) -> None:
    csms.station("CS1").signing = Signing(flaw=Flaw.OTHER_KEY)
    await csms.renew_certificate("CS1")
    (certificate,) = x509.load_pem_x509_certificates(station.certificates[0]["certificate_chain"].encode())
    assert certificate.public_key() != x509.load_pem_x509_csr(station.csr.encode()).public_key()
    with pytest.raises(RequestError, match="self_signed"):
        Signing(flaw=Flaw.SELF_SIGNED)


async def test_a_station_that_does_not_take_its_certificate_stays_connected() -> None:
    heard: list[Any] = []
    async with MockCsms(Settings(), say=lambda _, what: heard.append(what)) as csms, bare_station(csms) as station:
        await station.told("SignCertificate", {"csr": csr(new_key())})
        _, message_id, action, _ = await station.read()
        assert action == "CertificateSigned"
        await station.send([4, message_id, "InternalError", "no", {}])
        await station.told("Heartbeat", {})
    assert "the signed certificate was not taken: InternalError: no" in heard


async def test_a_new_password_counts_once_the_station_accepted_it(csms: MockCsms, station: SecuredStation) -> None:
    assert await csms.set_password("CS1", NEW) == "Accepted"
    assert station.passwords == [NEW]
    assert (await connects(csms, NEW), await connects(csms, OLD)) == (True, False)


async def test_a_password_that_the_station_refuses_changes_nothing(csms: MockCsms, station: SecuredStation) -> None:
    station.grim = True
    assert await csms.set_password("CS1", NEW) == "Rejected"
    assert (await connects(csms, NEW), await connects(csms, OLD)) == (False, True)


async def test_another_password_can_be_expected_without_a_word(csms: MockCsms) -> None:
    csms.expect_password("CS1", NEW)
    assert (await connects(csms, NEW), await connects(csms, OLD)) == (True, False)


async def test_an_errand_passes_a_callerror_on(csms: MockCsms) -> None:
    async with bare_station(csms, additional_headers=login(OLD)) as station:
        asked = asyncio.create_task(csms.install_root("CS1"))
        _, message_id, *_ = await station.read()
        await station.send([4, message_id, "NotImplemented", "", {}])
        with pytest.raises(CallFailedError):
            await asked
