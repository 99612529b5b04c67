"""What certificates are installed; never a key."""

from collections.abc import Iterator

from station.local.views import CertificateView
from station.pki.keystore import KeyStore


def certificate_views(keys: KeyStore) -> Iterator[CertificateView]:
    """Yield each certificate that is installed; raises OSError.

    Loads what reads X.509, which a station without TLS goes without until somebody asks.
    """
    from station.pki.chains import name_of

    for installed in keys.inventory.all():
        certificate = installed.certificate
        yield CertificateView(
            use=installed.file.parent.name,
            subject=name_of(certificate),
            issuer=certificate.issuer.rfc4514_string(),
            serial=installed.serial,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )
