"""What a certificate has to be like before it is installed, by what it is installed for."""

from datetime import datetime

from cryptography.x509 import Certificate
from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse
from ocpp.v201.enums import InstallCertificateUseEnumType as RootUse

from station.pki import chains
from station.pki.chains import Chain
from station.pki.csr import Subject, public_key_of
from station.pki.errors import CertificateError
from station.pki.inventory import ROOT_OF, STATION, Inventory


def root(inventory: Inventory, use: RootUse, pem: str, *, now: datetime) -> Chain:
    """Return a root with its issuer, if that is another one; raises CertificateError (M05.FR.07, M05.FR.11)."""
    found = chains.parse(pem)
    if len(found) > 1:
        raise CertificateError("one certificate is to be installed, not several")
    certificate = found[0]
    chains.check_authority(certificate, now)
    old = inventory.root_to_replace(use)
    if old is None:
        return _with_issuer(certificate, tuple(root.certificate for root in inventory.roots(use)))
    if certificate == old.certificate:
        return old.chain
    chains.check_authority(old.certificate, now)  # M05.FR.10: the whole path is checked, and this is all of it
    if not chains.signed_by(certificate, old.certificate):
        raise CertificateError(f"it is not signed by the root that it replaces, {chains.name_of(old.certificate)}")
    return certificate, old.certificate


def own_chain(
    inventory: Inventory, use: SigningUse, pem: str, *, key_pem: str, subject: Subject, now: datetime
) -> Chain:
    """Return the chain of the station's key, from the leaf to the root; raises CertificateError (A02.FR.06)."""
    bundle = chains.parse(pem)
    wanted = public_key_of(key_pem)
    leaf = next((certificate for certificate in bundle if chains.public_key(certificate) == wanted), None)
    if leaf is None:
        raise CertificateError("none of the certificates is for the key that waits for one")
    chains.check_leaf(
        leaf,
        now=now,
        common_name=subject.common_name,
        organization=subject.organization,
        client=use is STATION,
    )
    roots = [root.certificate for root in inventory.roots(ROOT_OF[use])]
    return chains.fit_path(leaf, bundle, roots, now=now)


def roots_from_operator(pem: str) -> Chain:
    """Return the roots in a file that the operator gave; raises CertificateError. Their period is not looked at."""
    found = chains.parse(pem)
    for certificate in found:
        chains.check_authority(certificate, None)
        if not chains.self_signed(certificate):
            raise CertificateError(f"{chains.name_of(certificate)} is no root: it did not sign itself")
    return found


def _with_issuer(certificate: Certificate, known: Chain) -> Chain:
    """Return a root with who signed it, because its hash data name that one."""
    if chains.self_signed(certificate):
        return (certificate,)
    issuer = next((root for root in known if chains.signed_by(certificate, root)), None)
    if issuer is None:
        raise CertificateError("it is no root: neither it itself nor an installed one of its kind signed it")
    return certificate, issuer
