"""Use case M06: the CSMS is asked whether the certificates of the V2G chains are revoked; its answers are kept."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from ocpp.v201 import call
from ocpp.v201.datatypes import OCSPRequestDataType
from ocpp.v201.enums import CertificateSigningUseEnumType, GetCertificateStatusEnumType

from station.ocpp.rpc_errors import RpcError
from station.ocpp.session import RpcSession
from station.pki.errors import CertificateError
from station.pki.keystore import KeyStore
from station.storage.ocsp import OcspResponses

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

KEPT_AT_MOST = timedelta(days=7)
"""M06.FR.10: at least once a week."""
KEPT_AT_LEAST = timedelta(hours=1)
"""Whatever a responder says, the CSMS is not asked more often."""
LOOK_EVERY_S = 3600.0

V2G = CertificateSigningUseEnumType.v2g_certificate

log = structlog.get_logger("station.certificates")


class CertificateStatus:
    """Keeps the OCSP responses of the V2G chains fresh, if there are such chains."""

    def __init__(
        self, store: KeyStore, session: RpcSession, *, responses: OcspResponses, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._session = session
        self._responses = responses
        self._now = now
        self._news = asyncio.Event()

    def look(self) -> None:
        """A chain came or went (M06.FR.07)."""
        self._news.set()

    async def serve(self) -> None:
        """Ask for what is due, for ever; to be run while the CSMS accepts this station."""
        while True:
            self._news.clear()
            if self._store.holds(V2G):
                await self._refresh()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._news.wait()

    async def _refresh(self) -> None:
        present = set()
        for certificate, issuer in self._certificates():
            present.add(_fingerprint(certificate))
            due = self._responses.next_update(_fingerprint(certificate))
            if due is None or due <= self._now():
                await self._ask(certificate, issuer)
        self._responses.forget_all_but(present)

    def _certificates(self) -> "Iterator[tuple[Certificate, Certificate]]":
        """Yield each leaf and sub CA with its issuer."""
        for installed in self._store.inventory.own(V2G):
            yield from installed.with_issuers()

    async def _ask(self, certificate: "Certificate", issuer: "Certificate") -> None:
        from station.pki import ocsp
        from station.pki.hash_data import hash_data

        url = ocsp.responder_of(certificate)
        if url is None:
            return  # who issued it does not say where to ask
        data = hash_data(certificate, issuer)
        serial = data.serial_number
        try:
            answer = await self._session.call(
                call.GetCertificateStatus(
                    ocsp_request_data=OCSPRequestDataType(
                        hash_algorithm=data.algorithm,
                        issuer_name_hash=data.issuer_name_hash,
                        issuer_key_hash=data.issuer_key_hash,
                        serial_number=serial,
                        responder_url=url,
                    )
                )
            )
            if answer.status is not GetCertificateStatusEnumType.accepted:
                log.warning("certificate_status_unknown", serial=serial)
                return
            status = ocsp.read(answer.ocsp_result or "", certificate)
        except (RpcError, CertificateError) as error:
            log.warning("certificate_status_not_read", serial=serial, error=str(error))
            return
        if status.revoked:
            log.error("certificate_revoked", serial=serial)
        now = self._now()
        due = min(status.next_update or now + KEPT_AT_MOST, now + KEPT_AT_MOST)
        self._responses.put(_fingerprint(certificate), answer.ocsp_result, next_update=max(due, now + KEPT_AT_LEAST))


def _fingerprint(certificate: "Certificate") -> str:
    from cryptography.hazmat.primitives import hashes

    return certificate.fingerprint(hashes.SHA256()).hex()
