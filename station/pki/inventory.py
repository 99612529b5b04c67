"""What is installed, read as X.509: which root, which chain of the station, who signed what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from cryptography.x509 import Certificate
from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse
from ocpp.v201.enums import GetCertificateIdUseEnumType as IdUse
from ocpp.v201.enums import InstallCertificateUseEnumType as RootUse

from station.errors import StorageError
from station.pki.chains import Chain, current, parse, pem_of, self_signed, signed_by
from station.pki.errors import CertificateError
from station.pki.shelves import IdentityShelf, RootShelf, Shelf

STATION = SigningUse.charging_station_certificate
CSMS = RootUse.csms_root_certificate
ROOT_OF = {STATION: CSMS, SigningUse.v2g_certificate: RootUse.v2g_root_certificate}
"""Which roots an own certificate has to come from."""

log = structlog.get_logger("station.pki")


@dataclass(frozen=True, slots=True)
class Installed:
    """A certificate file: `chain` begins with the certificate and goes up to who signed the last one, if known."""

    use: IdUse | None
    """None for the station's own client certificate, which messages do not list."""
    file: Path
    chain: Chain

    @property
    def certificate(self) -> Certificate:
        return self.chain[0]

    @property
    def serial(self) -> str:
        return f"{self.certificate.serial_number:x}"

    def with_issuers(self) -> Iterator[tuple[Certificate, Certificate]]:
        """Yield each certificate with its issuer: the first, then the sub CAs of a chain."""
        if self_signed(self.certificate):
            yield self.certificate, self.certificate
            return
        yield from zip(self.chain, self.chain[1:], strict=False)  # each with the next one


class Inventory:
    """Installs, finds and removes; every change is on the disk when a method returns. All may raise OSError."""

    def __init__(
        self,
        roots: Mapping[RootUse, RootShelf],
        own: Mapping[SigningUse, IdentityShelf],
        *,
        additional_root_check: bool,
    ) -> None:
        self._roots = roots
        self._own = own
        self._additional_root_check = additional_root_check

    def roots(self, use: RootUse) -> list[Installed]:
        """Return the roots of one use, the newest first."""
        return [Installed(IdUse(use.value), file, chain) for file, chain in _sound(self._roots[use])]

    def own(self, use: SigningUse) -> list[Installed]:
        """Return the station's own chains of one use, the newest first."""
        listed = None if use is STATION else IdUse.v2g_certificate_chain
        return [Installed(listed, file, self._up_to_root(use, chain)) for file, chain in _sound(self._own[use])]

    def all(self) -> list[Installed]:
        """Return everything: roots, V2G chains, and the client certificates, whose use is None."""
        roots = [root for use in RootUse for root in self.roots(use)]
        return roots + [own for use in SigningUse for own in self.own(use)]

    def has_current_root(self, now: datetime, *, besides: Installed | None = None) -> bool:
        """Tell whether the CSMS can be judged by a root that is valid now, `besides` this one."""
        return any(current(root.certificate, now) for root in self.roots(CSMS) if root != besides)

    def has_current_client(self, now: datetime) -> bool:
        """Tell whether the station has a client certificate that is valid now."""
        return any(current(own.certificate, now) for own in self.own(STATION))

    def root_to_replace(self, use: RootUse) -> Installed | None:
        """Return the root that a new one has to be signed by (M05.FR.10); None if any may come.

        Of two it is the older one: the other has still to show that it works.
        """
        roots = self.roots(use) if self._additional_root_check and use is CSMS else []
        return roots[-1] if roots else None

    def add_root(self, use: RootUse, chain: Chain) -> None:
        """Install a root, the newest from now; `chain` has its issuer too if it is not self-signed.

        One that is there already is replaced (M05.FR.17). Of the roots of the CSMS that count one by one, the one
        that works stays as the fallback, and no other (M05.FR.09).
        """
        shelf = self._roots[use]
        replaced = [root.file for root in self.roots(use) if root.certificate == chain[0]]
        if self.root_to_replace(use):
            if replaced:
                return
            replaced = shelf.chains()[:-1]
        file = shelf.add(pem_of(chain))
        for old in replaced:
            shelf.remove(old)
        log.info("root_installed", use=use.value, file=file.name)

    def complete(self, use: SigningUse, chain: Chain) -> None:
        """Give the pending key its chain, which goes up to the root; raises StorageError if no key is pending.

        The last client certificate that worked stays as the fallback until the new one does, and so does a V2G
        chain of another root; what else is older goes (A02.FR.15).
        """
        shelf = self._own[use]
        key = shelf.pending()
        if key is None:
            raise StorageError(f"no key waits for a {use.value}")
        older = self.own(use)
        kept = older[-1:] if use is STATION else [one for one in older if one.chain[-1] != chain[-1]]
        # The root stays with a V2G chain, whose hashes need it; to the CSMS it is not shown.
        shelf.complete(key, pem_of(chain[:-1] if use is STATION else chain))
        for old in older:
            if old not in kept:
                shelf.remove(old.file)
        log.info("certificate_installed", use=use.value, serial=f"{chain[0].serial_number:x}")

    def remove(self, installed: Installed) -> None:
        """Remove a root, or a chain of the station with its key."""
        shelves: tuple[Shelf, ...] = (*self._roots.values(), *self._own.values())
        next(shelf for shelf in shelves if shelf.folder == installed.file.parent).remove(installed.file)
        log.info("certificate_removed", use=installed.file.parent.name, serial=installed.serial)

    def _up_to_root(self, use: SigningUse, chain: Chain) -> Chain:
        """Return the chain with the root on top if that is known; a V2G chain has it already."""
        if self_signed(chain[-1]):
            return chain
        roots = [root.certificate for root in self.roots(ROOT_OF[use]) if signed_by(chain[-1], root.certificate)]
        return (*chain, *roots[:1])


def _sound(shelf: Shelf) -> Iterator[tuple[Path, Chain]]:
    """Yield what is on a shelf and can be read; what somebody damaged must not stop the rest."""
    for file in shelf.chains():
        try:
            yield file, parse(file.read_text("ascii"))
        except (OSError, ValueError, CertificateError) as error:
            log.error("certificate_unreadable", file=str(file), error=str(error))
