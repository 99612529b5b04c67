"""The station's own certificates, and the roots that it judges others by."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from cryptography.x509 import Certificate
from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse

from station.commands.doctor.case import Case
from station.commands.doctor.findings import Finding, Group
from station.core.network import WITH_CERTIFICATE
from station.pki.chains import name_of
from station.pki.inventory import Installed
from station.pki.keystore import CSMS, FOLDER, STATION, KeyStore

GROUP: Final = Group("certificates")
SOON: Final = timedelta(days=30)
"""The station asks for a new one itself then; if it is still there, nobody answers."""


def check(case: Case) -> Iterator[Finding]:
    """Look at all that are installed; OSError if the folder cannot be read."""
    now = case.clock.now()
    store = KeyStore(case.state_dir / FOLDER, now=lambda: now, read_only=True)
    used = case.settings.csms.security_profile == WITH_CERTIFICATE
    own, roots = store.inventory.own(STATION), store.inventory.roots(CSMS)
    if not own and not roots:
        yield GROUP.ok("installed", "none")
    if own:
        yield _own(own[0], now, used=used)
    if roots:
        yield _root(roots, now)
    for use in SigningUse:
        if store.pending_key(use):
            remedy = "the CSMS has to answer CertificateSigned; let it trigger SignChargingStationCertificate again"
            yield GROUP.warning(f"{use.value} waits", "a key was made, and no certificate came for it", remedy)


def _own(newest: Installed, now: datetime, *, used: bool) -> Finding:
    certificate, name = newest.certificate, "the station's"
    told = f"{name_of(certificate)}, {_until(certificate)}"
    remedy = "let the CSMS trigger SignChargingStationCertificate, or put a new one in place (docs/certificates.md)"
    if certificate.not_valid_after_utc < now:
        judge = GROUP.failure if used else GROUP.warning
        return judge(name, f"{told}: it has ended", remedy)
    if certificate.not_valid_before_utc > now:
        return GROUP.warning(name, f"{told}: it is not valid yet, by this computer's clock", "see computer, clock")
    if certificate.not_valid_after_utc - now < SOON:
        return GROUP.warning(name, told, remedy)
    return GROUP.ok(name, told)


def _root(roots: list[Installed], now: datetime) -> Finding:
    name = "root of the CSMS"
    current = [root.certificate for root in roots if root.certificate.not_valid_after_utc >= now]
    if not current:
        told = f"{name_of(roots[0].certificate)}, {_until(roots[0].certificate)}: it has ended"
        return GROUP.failure(name, told, "ask the CSMS's operator for the new one (docs/certificates.md)")
    return GROUP.ok(name, "; ".join(f"{name_of(root)}, {_until(root)}" for root in current))


def _until(certificate: Certificate) -> str:
    return f"{certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}"
