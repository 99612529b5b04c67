"""A small certificate authority for tests: roots, sub CAs and leaves with real keys, right or wrong as wanted."""

import datetime as dt
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.fakes_clock import START

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Leaf:
    """A certificate with its key; `chain_pem` has the sub CAs too, `write` makes files as ssl loads them."""

    certificate: x509.Certificate
    key: Key
    above: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> str:
        return pem_of(self.certificate)

    @property
    def chain_pem(self) -> str:
        return "".join(pem_of(certificate) for certificate in (self.certificate, *self.above))

    @property
    def key_pem(self) -> str:
        return key_pem(self.key)

    def write(self, folder: Path, name: str = "leaf") -> tuple[Path, Path]:
        chain, key = folder / f"{name}.pem", folder / f"{name}.key"
        chain.write_text(self.chain_pem)
        key.write_text(self.key_pem)
        return chain, key


class Authority:
    """A root, or a sub CA of one; `at` is the middle of time, tests that use real TLS give the present.

    `signed_by` makes a root that another root signs (M05.FR.10).
    """

    def __init__(
        self,
        name: str = "Root",
        key: str = "ec",
        *,
        at: dt.datetime = START,
        days: float = 3650,
        not_before: dt.datetime | None = None,
        signed_by: "Authority | None" = None,
        path_length: int | None = None,
        pss: bool = False,
        ca: bool = True,
        organization: str = "CSO",
        ocsp: str | None = None,
        usage: bool = True,
        critical: x509.ExtensionType | None = None,
    ) -> None:
        """`usage`: keyUsage allows to sign certificates; `critical`: one more extension, marked so."""
        self.name, self.kind, self.at, self.pss = name, key, at, pss
        self.key = make_key(key)
        self.issuer = signed_by or self
        self.above: tuple[x509.Certificate, ...] = ()
        """The certificates between a leaf of this one and the root, without the root."""
        self.subject = _name(name, organization)
        builder = _builder(self.subject, self.issuer.subject, self.key.public_key(), _period(at, days, not_before))
        builder = builder.add_extension(x509.BasicConstraints(ca, path_length if ca else None), critical=True)
        builder = builder.add_extension(_usage(signs=ca and usage), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)
        if ocsp:
            builder = builder.add_extension(_responder(ocsp), critical=False)
        if critical:
            builder = builder.add_extension(critical, critical=True)
        self.certificate = self.issuer._sign(builder)

    @classmethod
    def now(cls, name: str = "Root", key: str = "ec") -> Self:
        """Return one whose certificates are valid in the real present."""
        return cls(name, key, at=dt.datetime.now(dt.UTC))

    @property
    def root_pem(self) -> str:
        return pem_of(self.certificate)

    pem = root_pem

    def write(self, folder: Path, name: str = "root") -> Path:
        path = folder / f"{name}.pem"
        path.write_text(self.root_pem)
        return path

    def sub(self, name: str = "Sub", key: str | None = None, **options: object) -> "Authority":
        """Return a sub CA; `above` of its leaves has it."""
        sub = Authority(name, key or self.kind, at=self.at, signed_by=self, **options)  # type: ignore[arg-type]
        sub.above = (sub.certificate, *self.above)
        return sub

    def cross(self, other: "Authority") -> x509.Certificate:
        """Return a certificate by this one for the key of another authority, beside that which it has."""
        builder = _builder(other.subject, self.subject, other.key.public_key(), _period(self.at, 3650, None))
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
        return self._sign(builder.add_extension(_usage(signs=True), critical=True))

    def again(self, **options: object) -> x509.Certificate:
        """Return the certificate of the same root, with the same key, for another period."""
        made = Authority(self.name, self.kind, at=self.at, **options)  # type: ignore[arg-type]
        made.key = self.key
        builder = _builder(made.subject, made.subject, self.key.public_key(), _period_of(made.certificate))
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
        return made._sign(builder.add_extension(_usage(signs=True), critical=True))

    def issue(
        self,
        common_name: str,
        *,
        sans: Iterable[str] = (),
        client: bool = False,
        server: bool = False,
        days: float = 365,
        not_before: dt.datetime | None = None,
        key: str | None = None,
        organization: str | None = "CSO",
        ocsp: str | None = None,
    ) -> Leaf:
        """Return a certificate with a key of its own; `sans` are DNS names or addresses."""
        private = make_key(key or self.kind)
        certificate = self._issue(
            _name(common_name, organization),
            private.public_key(),
            sans=sans,
            client=client,
            server=server,
            period=_period(self.at, days, not_before),
            ocsp=ocsp,
        )
        return Leaf(certificate, private, self.above)

    def sign_csr(
        self,
        csr_pem: str,
        *,
        days: float = 365,
        not_before: dt.datetime | None = None,
        common_name: str | None = None,
        organization: str | None = None,
        client: bool = False,
        server: bool = False,
        ca: bool = False,
        ocsp: str | None = None,
        root: bool = False,
    ) -> str:
        """Return the chain for a CSR, leaf first; `common_name` or `organization` instead of what it asks for."""
        request = x509.load_pem_x509_csr(csr_pem.encode())
        assert request.is_signature_valid
        subject = request.subject
        if common_name or organization:
            subject = _name(common_name or _text(subject, NameOID.COMMON_NAME), organization or "CSO")
        public = request.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
        leaf = self._issue(
            subject,
            public,
            client=client,
            server=server,
            period=_period(self.at, days, not_before),
            ca=ca,
            ocsp=ocsp,
        )
        top = self
        while top.issuer is not top:
            top = top.issuer
        roots = (top.certificate,) if root else ()
        return "".join(pem_of(certificate) for certificate in (leaf, *self.above, *roots))

    def _issue(
        self,
        subject: x509.Name,
        public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        *,
        period: tuple[dt.datetime, dt.datetime],
        sans: Iterable[str] = (),
        client: bool = False,
        server: bool = False,
        ca: bool = False,
        ocsp: str | None = None,
    ) -> x509.Certificate:
        builder = _builder(subject, self.subject, public, period)
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
        builder = builder.add_extension(_usage(signs=ca), critical=True)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        if sans := list(sans):
            builder = builder.add_extension(x509.SubjectAlternativeName([_san(san) for san in sans]), critical=False)
        purposes = [
            oid
            for wanted, oid in ((client, ExtendedKeyUsageOID.CLIENT_AUTH), (server, ExtendedKeyUsageOID.SERVER_AUTH))
            if wanted
        ]
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        if ocsp:
            builder = builder.add_extension(_responder(ocsp), critical=False)
        return self._sign(builder)

    def _sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH) if self.pss else None
        return builder.sign(self.key, hashes.SHA256(), rsa_padding=pss)


def make_key(kind: str) -> Key:
    match kind:
        case "ec":
            return ec.generate_private_key(ec.SECP256R1())
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case "weak":
            return ec.generate_private_key(ec.SECP192R1())
    raise ValueError(kind)


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(key: Key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    period: tuple[dt.datetime, dt.datetime],
) -> x509.CertificateBuilder:
    begin, end = period
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)


def _period(at: dt.datetime, days: float, not_before: dt.datetime | None) -> tuple[dt.datetime, dt.datetime]:
    """From a day before `at`, for `days` after it; negative days give an end in the past."""
    end = at + days * DAY
    begin = not_before or min(at, end) - DAY
    return begin, max(end, begin + DAY) if not_before else end


def _period_of(certificate: x509.Certificate) -> tuple[dt.datetime, dt.datetime]:
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def _name(common_name: str, organization: str | None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def _text(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    return str(name.get_attributes_for_oid(oid)[0].value)


def _san(san: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(san))
    except ValueError:
        return x509.DNSName(san)


def _responder(url: str) -> x509.AuthorityInformationAccess:
    location = x509.UniformResourceIdentifier(url)
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(x509.oid.AuthorityInformationAccessOID.OCSP, location)]
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
