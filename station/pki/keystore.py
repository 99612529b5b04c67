"""The keys and certificates of the station, in one folder, and what of them a connection is made with."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse
from ocpp.v201.enums import InstallCertificateUseEnumType as RootUse

from station.errors import StorageError
from station.pki import files
from station.pki.errors import CertificateError
from station.pki.material import ClientIdentity, TlsMaterial
from station.pki.shelves import IdentityShelf, RootShelf, key_of

if TYPE_CHECKING:
    from station.pki.inventory import Inventory

FOLDER = "certificates"
"""Its name in the state folder."""
STATION = SigningUse.charging_station_certificate
CSMS = RootUse.csms_root_certificate
ONE_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)

log = structlog.get_logger("station.pki")


class KeyStore:
    """Roots by use, newest first, and the station's own keys with their chains."""

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], datetime],
        additional_root_check: bool = False,
        on_discarded: Callable[[str], None] = lambda _text: None,
        read_only: bool = False,
    ) -> None:
        """Mend permissions and tidy up, but not with `read_only`, beside a station that runs; raises StorageError.

        `on_discarded` is told when a renewed client certificate is dropped because only the old one worked
        (A02.FR.29). With `additional_root_check` one root of the CSMS counts, and a second as its fallback.
        """
        self.folder = folder
        self.additional_root_check = additional_root_check
        self._now = now
        self._on_discarded = on_discarded
        self._roots = {use: RootShelf(folder / use.value) for use in RootUse}
        self._own = {use: IdentityShelf(folder / use.value) for use in SigningUse}
        if not read_only:
            self._tidy()

    @cached_property
    def inventory(self) -> "Inventory":
        """What is installed, as X.509. Loading that takes time and memory, which a station without TLS saves."""
        from station.pki.inventory import Inventory

        return Inventory(self._roots, self._own, additional_root_check=self.additional_root_check)

    def tls_materials(self, *, with_client: bool) -> tuple[TlsMaterial, ...]:
        """Return what to connect with, in the order to try (A02.FR.28, M05.FR.14); never empty.

        Roots vary slowest: a server that the first does not fit is tried with the next root, whoever we are.
        """
        clients: list[ClientIdentity | None] = [*self._clients()] if with_client else []
        return tuple(TlsMaterial(*pair) for pair in product(self._root_choices(), clients or [None]))

    def worked(self, material: TlsMaterial) -> None:
        """Drop what a connection with this material has shown not to be needed (A02.FR.10, M05.FR.13).

        What cannot be dropped now is so after another connection.
        """
        try:
            if material.client is not None:
                self._keep_only(material.client)
            if self.additional_root_check:
                self._keep_newest_and(material.roots)
        except OSError as error:
            log.error("certificate_not_removed", error=str(error))

    def has_csms_root(self) -> bool:
        """Tell whether a root is there that the CSMS can be judged by now (A05.FR.02)."""
        return bool(self._roots[CSMS].chains()) and self.inventory.has_current_root(self._now())

    def has_client(self) -> bool:
        """Tell whether there is a certificate that the station can show now (A05.FR.03)."""
        return bool(self._own[STATION].chains()) and self.inventory.has_current_client(self._now())

    def entries(self) -> int:
        """Return how many certificates are installed; a chain is one (SecurityCtrlr.CertificateEntries)."""
        return sum(len(shelf.chains()) for shelf in (*self._roots.values(), *self._own.values()))

    def holds(self, use: SigningUse) -> bool:
        """Tell whether the station has a certificate of this use."""
        return bool(self._own[use].chains())

    def install_root_from_file(self, path: Path) -> None:
        """Install the roots in a PEM file, if the CSMS has none here yet; raises StorageError.

        Their period is not looked at: at the first start of all the clock may not be set.
        """
        if self._roots[CSMS].chains():
            return
        from station.pki import acceptance

        try:
            roots = acceptance.roots_from_operator(path.read_text("ascii"))
            if self.additional_root_check and len(roots) > 1:
                raise CertificateError("it has several, but additional_root_check allows one")
            for root in roots:
                self.inventory.add_root(CSMS, (root,))
        except OSError as error:
            raise StorageError(f"root certificate {path} cannot be installed: {error.strerror}") from error
        except (ValueError, CertificateError) as error:
            raise StorageError(f"root certificate {path} cannot be used: {error}") from error

    def pending_key(self, use: SigningUse) -> str | None:
        """Return the key (PEM) that waits for its certificate; it does so across restarts. Raises OSError."""
        key = self._own[use].pending()
        return key.read_text("ascii") if key else None

    def put_pending_key(self, use: SigningUse, key_pem: str) -> None:
        """Keep a key until its certificate comes; another that waited is forgotten. Raises OSError."""
        self._own[use].await_chain(key_pem)

    def drop_pending_key(self, use: SigningUse) -> None:
        """Forget the key that waits. Raises OSError."""
        self._own[use].drop_pending()

    def _tidy(self) -> None:
        try:
            files.make_folder(self.folder)
            for shelf in (*self._roots.values(), *self._own.values()):
                shelf.tidy()
        except OSError as error:
            why = f"{self.folder} cannot be used: {error.strerror}; it has to belong to the station"
            raise StorageError(why) from error

    def _clients(self) -> list[ClientIdentity]:
        own = self.inventory.own(STATION) if self.holds(STATION) else []
        return [ClientIdentity(one.file, key_of(one.file), one.serial) for one in own]

    def _root_choices(self) -> list[tuple[str, ...]]:
        """Return the sets of roots to try one after the other; the first may be empty."""
        pems = [pem for file in self._roots[CSMS].chains() if (pem := _first_pem(file))]
        if self.additional_root_check and pems:
            return [(pem,) for pem in pems]
        return [tuple(pems)]

    def _keep_only(self, client: ClientIdentity) -> None:
        chains = self._own[STATION].chains()
        if client.chain_file not in chains:
            return  # replaced while the connection was made
        newer = chains[: chains.index(client.chain_file)]
        for file in chains:
            if file != client.chain_file:
                self._own[STATION].remove(file)
                log.info("client_certificate_discarded", file=file.name, kept=client.chain_file.name)
        if newer:
            self._on_discarded(f"the renewed client certificate did not work; {client} is used")

    def _keep_newest_and(self, worked: tuple[str, ...]) -> None:
        """Keep the root that worked, and the newest, if that one still has to prove itself."""
        chains = self._roots[CSMS].chains()
        if not chains or worked not in self._root_choices():
            return
        for file in chains[1:]:
            if (_first_pem(file),) != worked:
                self._roots[CSMS].remove(file)
                log.info("fallback_root_removed", file=file.name)


def _first_pem(file: Path) -> str | None:
    match = ONE_PEM.search(file.read_text("ascii", "replace"))
    return match[0] if match else None
