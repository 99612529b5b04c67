"""From a network profile to an endpoint: identity, password, certificates, and how they take turns (A00-A02, M05)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from station.core.network import ENCRYPTED, WITH_CERTIFICATE, WITH_PASSWORD, Attempt
from station.ocpp.endpoint import Endpoint
from station.ocpp.failures import Failure, FailureKind
from station.ocpp.passwords import Passwords
from station.pki.material import TlsMaterial
from station.pki.tls import context

if TYPE_CHECKING:
    from station.secret import Secret

T = TypeVar("T")


class Keys(Protocol):
    """Certificates (station.pki.keystore.KeyStore)."""

    def tls_materials(self, *, with_client: bool) -> tuple[TlsMaterial, ...]:
        """Return what to connect with, in the order to try."""

    def worked(self, material: TlsMaterial) -> None:
        """Take note that a connection was made with it."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """What all connections have in common."""

    identity: str
    compression: bool = True
    proxy: str | None = None
    system_roots: bool = False
    """The operating system's certificate authorities count while no CSMSRootCertificate is installed."""


class Access:
    """Makes the endpoint of each attempt, and learns how it went."""

    def __init__(
        self,
        line: LineSettings,
        *,
        passwords: Passwords,
        keys: Keys,
        allow_wildcards: Callable[[], bool] = lambda: False,
    ) -> None:
        """`allow_wildcards`: SecurityCtrlr.AllowCSMSTLSWildcards."""
        self._line = line
        self._passwords = passwords
        self._keys = keys
        self._allow_wildcards = allow_wildcards
        self._other_root = 0
        """How often the certificate of a CSMS that we were connected to has not fitted since (M05.FR.14)."""
        self._password: Secret | None = None
        self._material: TlsMaterial | None = None

    def endpoint(self, attempt: Attempt) -> Endpoint | Failure:
        """Return what to dial, or why it cannot be dialled."""
        line, profile = self._line, attempt.profile
        self._password = self._passwords.next() if profile.security_profile in WITH_PASSWORD else None
        self._material, tls = None, None
        try:
            if profile.security_profile in ENCRYPTED:
                self._material = self._choose(attempt)
                if problem := self._lack(self._material, attempt):
                    return Failure(FailureKind.CONFIGURATION, problem)
                tls = context(self._material, allow_wildcards=self._allow_wildcards(), system_roots=line.system_roots)
            return Endpoint(profile.url, line.identity, self._password, tls, line.compression, line.proxy)
        except (OSError, ValueError) as error:
            return Failure(FailureKind.CONFIGURATION, f"network profile {profile.slot} cannot be used: {error}")

    def worked(self) -> None:
        """The endpoint that was made last led to a connection."""
        self._other_root = 0
        self._passwords.worked(self._password)
        if self._material is not None:
            self._keys.worked(self._material)

    def failed(self, failure: Failure, *, known: bool) -> None:
        """The endpoint that was made last led to none; `known`: it did before."""
        if failure.kind is FailureKind.CREDENTIALS and self._password is not None:
            self._passwords.refused()
        elif failure.kind is FailureKind.CERTIFICATE and known:
            self._other_root += 1

    def renewed(self) -> None:
        """A password or a certificate is new: it is tried first."""
        self._other_root = 0
        self._passwords.renewed()

    def _choose(self, attempt: Attempt) -> TlsMaterial:
        """Return the newest of all, unless that failed: roots and own certificates take turns on their own."""
        materials = self._keys.tls_materials(with_client=attempt.profile.security_profile == WITH_CERTIFICATE)
        roots = list(dict.fromkeys(material.roots for material in materials))
        clients = list(dict.fromkeys(material.client for material in materials))
        return TlsMaterial(_nth(roots, attempt.turn + self._other_root), _nth(clients, attempt.turn))

    def _lack(self, material: TlsMaterial, attempt: Attempt) -> str | None:
        if not material.roots and not self._line.system_roots:
            return (
                "no CSMSRootCertificate is installed to judge the CSMS by; set csms.root_certificate, or"
                " csms.system_roots = true"
            )
        if material.client is None and attempt.profile.security_profile == WITH_CERTIFICATE:
            return (
                "no certificate of this station is installed, which security profile 3 needs; begin with profile 1"
                " or 2 and let the CSMS have one signed"
            )
        return None


def _nth(choices: Sequence[T], number: int) -> T:
    return choices[number % len(choices)]
