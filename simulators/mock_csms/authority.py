"""Authority: a small certificate authority, for trying only. Imports `cryptography.x509`: import this module late."""

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from simulators.mock_csms.certificates import (
    Draft,
    Issuer,
    PrivateKey,
    PublicKey,
    key_of,
    named,
    new_key,
    organization_of,
    pem,
    read_csr,
    read_pair,
)
from simulators.mock_csms.errors import RequestError, SettingsError
from simulators.mock_csms.settings import EC
from simulators.mock_csms.tls import CLIENT_FLAWS, Flaw

ORGANIZATION: Final = "Mock CSO"
ELSEWHERE: Final = "somebody-else.example"
"""The name in a certificate with the flaw wrong_name."""

YEAR: Final = timedelta(days=365)
_ROOT_LIFE: Final = 10 * YEAR
_EARLIER: Final = timedelta(hours=1)
"""Certificates are valid since then: the clock of a station may be late."""

_MONTH, _DAY, _SECOND = timedelta(days=30), timedelta(days=1), timedelta(seconds=1)


class Authority:
    """One root; signs servers and stations, with it or with an authority between."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        now: Callable[[], datetime],
        key: str = EC,
        intermediate: bool = False,
        organization: str = ORGANIZATION,
    ) -> None:
        """Take the root that lies in a folder, else make one and leave it there. SettingsError if that fails."""
        self._now = now
        self._organization = organization
        self._key_type = key
        self._last_start = datetime.min.replace(tzinfo=now().tzinfo)
        self.root_file = folder and folder / "root.pem"
        self.root_pem, self._root = self._kept(folder) if folder else self._new_root()
        self._issuer = self._below(self._root) if intermediate else self._root

    def server(self, names: Sequence[str], *, key: str = EC, flaw: Flaw = Flaw.NONE) -> str:
        """Return a new server certificate with its chain and its key as one PEM text; the first name is its CN."""
        names = (ELSEWHERE,) if flaw is Flaw.WRONG_NAME else tuple(names)
        secret = new_key(key)
        subject = named(names[0], self._organization)
        draft = self._draft(subject, secret.public_key(), flaw, names=names)
        issuer = Issuer(subject, secret) if flaw is Flaw.SELF_SIGNED else self._signer(flaw)
        return pem(issuer.sign(draft)) + issuer.tail + pem(secret)

    def sign(self, csr_pem: str, *, flaw: Flaw = Flaw.NONE, valid_for: timedelta = YEAR) -> str:
        """Return the certificate for a CSR and its chain below the root as PEM; RequestError for an unusable CSR.

        Its validity begins later than that of any signed before: the newest one is known by that (A02.FR.09).
        """
        if flaw not in CLIENT_FLAWS:
            raise RequestError(f"flaw: a station's certificate cannot be {flaw}", allowed=CLIENT_FLAWS)
        csr = read_csr(csr_pem)
        subject, key = csr.subject, key_of(csr)
        if flaw is Flaw.WRONG_NAME:
            subject = named(ELSEWHERE, organization_of(subject))
        if flaw is Flaw.OTHER_KEY:
            key = new_key(EC).public_key()
        issuer = self._signer(flaw)
        return pem(issuer.sign(self._draft(subject, key, flaw, valid_for=valid_for))) + issuer.tail

    def check(self, csr_pem: str) -> None:
        """RequestError says why a CSR cannot be signed."""
        read_csr(csr_pem)

    def stranger(self) -> "Authority":
        """Return another authority with another root, kept nowhere."""
        return Authority(now=self._now, key=self._key_type, organization=self._organization)

    def _signer(self, flaw: Flaw) -> Issuer:
        return self.stranger()._root if flaw is Flaw.UNKNOWN_CA else self._issuer  # noqa: SLF001 of its own class

    def _draft(
        self,
        subject: x509.Name,
        key: PublicKey,
        flaw: Flaw,
        *,
        names: tuple[str, ...] = (),
        valid_for: timedelta = YEAR,
    ) -> Draft:
        start = self._last_start = max(self._now() - _EARLIER, self._last_start + _SECOND)
        draft = Draft(subject, key, start, self._now() + valid_for, names)
        match flaw:
            case Flaw.EXPIRED:
                return replace(draft, start=start - _MONTH, end=self._now() - _DAY)
            case Flaw.NOT_YET_VALID:
                return replace(draft, start=start + _DAY, end=start + _MONTH)
            case _:
                return draft

    def _kept(self, folder: Path) -> tuple[str, Issuer]:
        certificate, key = folder / "root.pem", folder / "root.key"
        try:
            if not certificate.exists():
                folder.mkdir(parents=True, exist_ok=True)
                text, issuer = self._new_root()
                _write_secret(key, pem(issuer.key))
                certificate.write_text(text, "ascii")
                return text, issuer
            text = certificate.read_text("ascii")
            read, secret = read_pair(text.encode(), key.read_bytes(), place=str(folder))
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{folder}: the authority cannot be kept here: {error}") from error
        return text, Issuer(read.subject, secret)

    def _new_root(self) -> tuple[str, Issuer]:
        # Two roots of one name would be mistaken for each other.
        name, secret = self._ca_name("Root"), new_key(self._key_type)
        issuer = Issuer(name, secret)
        return pem(issuer.sign(self._ca(name, secret))), issuer

    def _below(self, root: Issuer) -> Issuer:
        name, secret = self._ca_name("Sub"), new_key(self._key_type)
        return Issuer(name, secret, tail=pem(root.sign(self._ca(name, secret))))

    def _ca_name(self, rank: str) -> x509.Name:
        return named(f"{self._organization} {rank} {secrets.token_hex(4)}", self._organization)

    def _ca(self, name: x509.Name, secret: PrivateKey) -> Draft:
        start = self._now() - _DAY
        return Draft(name, secret.public_key(), start, start + _ROOT_LIFE, is_ca=True)


def _write_secret(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(text)
