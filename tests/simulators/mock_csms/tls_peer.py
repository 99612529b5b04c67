"""What a station needs for TLS: a key, a CSR, and contexts that trust a root."""

import ssl
import warnings
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def csr(key: Key, cn: str = "CS1", organization: str = "ACME CSO") -> str:
    names = [(NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, cn)]
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in names if text])
    request = x509.CertificateSigningRequestBuilder(subject).sign(key, SHA256())
    return request.public_bytes(Encoding.PEM).decode()


def trusting(root_pem: str, **options: object) -> ssl.SSLContext:
    """A client's context that trusts this root, and only this one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=root_pem)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for name, value in options.items():
            setattr(context, name, value)
    return context


def showing(folder: Path, root_pem: str, chain_pem: str, key: Key) -> ssl.SSLContext:
    """A client's context that shows a certificate, too."""
    context = trusting(root_pem)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = folder / "station.pem"
    file.write_text(chain_pem + secret)
    context.load_cert_chain(file)
    return context
