"""Use cases M03 to M05: roots are installed, all certificates are listed and deleted.

M01 and M02 (Get15118EVCertificate) are asked for by vehicles, over ISO 15118, which these EVSEs do not speak.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import CertificateHashDataChainType, CertificateHashDataType
from ocpp.v201.enums import (
    DeleteCertificateStatusEnumType,
    GetCertificateIdUseEnumType,
    GetInstalledCertificateStatusEnumType,
    InstallCertificateStatusEnumType,
)

from station.core.security_events import SecurityEvent
from station.ocpp.model_words import because
from station.ocpp.router import on
from station.pki.errors import CertificateError
from station.pki.keystore import KeyStore

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from station.pki.inventory import Installed

TLS_FROM = 2
"""The security profile from which on the CSMS is judged by a root."""

InstallAnswer = call_result.InstallCertificate
Status = InstallCertificateStatusEnumType
DeleteAnswer = call_result.DeleteCertificate
Deleted = DeleteCertificateStatusEnumType
IdsAnswer = call_result.GetInstalledCertificateIds

log = structlog.get_logger("station.certificates")


class CertificateManagement:
    """Does with the key store what the CSMS asks for."""

    def __init__(
        self,
        store: KeyStore,
        *,
        most: int,
        security_profile: Callable[[], int],
        notify: Callable[[SecurityEvent, str], None],
        now: Callable[[], datetime],
    ) -> None:
        """`most`: how many certificates may be installed (maxLimit of SecurityCtrlr.CertificateEntries)."""
        self._store = store
        self._most = most
        self._security_profile = security_profile
        self._notify = notify
        self._now = now

    @on("InstallCertificate")
    async def install(self, request: call.InstallCertificate) -> InstallAnswer:
        """M05: install a root; with AdditionalRootCertificateCheck only one that the present root signed."""
        from station.pki import acceptance

        use, inventory = request.certificate_type, self._store.inventory
        try:
            chain = acceptance.root(inventory, use, request.certificate, now=self._now())
            known = any(root.certificate == chain[0] for root in inventory.roots(use))
            if not known and self._store.entries() >= self._most:  # M05.FR.06
                return _refused(Status.rejected, "OutOfStorage", f"{self._most} certificates are the most")
            inventory.add_root(use, chain)
        except CertificateError as error:
            return _refused(Status.rejected, "InvalidCertificate", str(error))
        except OSError as error:
            return _refused(Status.failed, "InternalError", f"it could not be stored: {error.strerror}")
        self._changed("installed", use, chain[0])
        return InstallAnswer(status=Status.accepted)

    @on("DeleteCertificate")
    async def delete(self, request: call.DeleteCertificate) -> DeleteAnswer:
        """M04: delete what has these hashes; with a certificate of a V2G chain goes the chain (M04.FR.08)."""
        found = self._find(request.certificate_hash_data)
        if found is None:
            return DeleteAnswer(status=Deleted.not_found)
        if why := self._needed(found):
            log.warning("certificate_not_deleted", serial=found.serial, why=why)
            return DeleteAnswer(status=Deleted.failed, status_info=because("Unspecified", why))
        try:
            self._store.inventory.remove(found)
        except OSError as error:
            log.error("certificate_not_deleted", serial=found.serial, why=str(error))
            return DeleteAnswer(status=Deleted.failed, status_info=because("InternalError", str(error.strerror)))
        self._changed("deleted", found.use, found.certificate)
        return DeleteAnswer(status=Deleted.accepted)

    @on("GetInstalledCertificateIds")
    async def installed_ids(self, request: call.GetInstalledCertificateIds) -> IdsAnswer:
        """M03: list what is installed, of the types that are asked for."""
        wanted = request.certificate_type or list(GetCertificateIdUseEnumType)
        found = [one for one in self._store.inventory.all() if one.use in wanted]
        listed = [entry for one in found if (entry := _listed(one))]
        if not listed:
            return IdsAnswer(status=GetInstalledCertificateStatusEnumType.notFound)
        return IdsAnswer(status=GetInstalledCertificateStatusEnumType.accepted, certificate_hash_data_chain=listed)

    def _find(self, wanted: CertificateHashDataType) -> "Installed | None":
        from station.pki.hash_data import HashData, hash_data

        key = HashData(
            wanted.hash_algorithm, wanted.issuer_name_hash, wanted.issuer_key_hash, wanted.serial_number
        ).key
        for installed in self._store.inventory.all():
            for certificate, issuer in installed.with_issuers():
                if hash_data(certificate, issuer, key.algorithm).key == key:
                    return installed
        return None

    def _needed(self, found: "Installed") -> str | None:
        """Return why something must stay: without it the station could not come back to its CSMS (M04.FR.03)."""
        if found.use is None:  # M04.FR.06
            return "the station shows this certificate to the CSMS"
        if found.use is not GetCertificateIdUseEnumType.csms_root_certificate:
            return None
        if self._security_profile() < TLS_FROM or self._store.inventory.has_current_root(self._now(), besides=found):
            return None
        return f"security profile {self._security_profile()} needs the last CSMSRootCertificate"

    def _changed(self, what: str, use: object, certificate: "Certificate") -> None:
        event = SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS
        self._notify(event, f"{use} {certificate.serial_number:x} {what}")


def _listed(installed: "Installed") -> CertificateHashDataChainType | None:
    """Return an entry of the list; None for a file that somebody took the issuer out of."""
    from station.pki.hash_data import hash_data

    hashes = [
        CertificateHashDataType(
            hash_algorithm=data.algorithm,
            issuer_name_hash=data.issuer_name_hash,
            issuer_key_hash=data.issuer_key_hash,
            serial_number=data.serial_number,
        )
        for data in (hash_data(certificate, issuer) for certificate, issuer in installed.with_issuers())
    ]
    if installed.use is None or not hashes:
        return None
    return CertificateHashDataChainType(
        certificate_type=installed.use,
        certificate_hash_data=hashes[0],
        child_certificate_hash_data=hashes[1:] or None,
    )


def _refused(status: InstallCertificateStatusEnumType, code: str, text: str) -> InstallAnswer:
    log.warning("certificate_not_installed", status=status.value, code=code, why=text)
    return InstallAnswer(status=status, status_info=because(code, text))
