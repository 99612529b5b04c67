"""Use cases A02 and A03: the station's own certificates are signed, renewed and switched to."""

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.enums import CertificateSignedStatusEnumType, GenericStatusEnumType
from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse

from station.core.security_events import SecurityEvent
from station.errors import StationError, StorageError
from station.ocpp.model_words import because
from station.ocpp.router import Reply, on
from station.ocpp.rpc_errors import CallRefused, RpcError
from station.ocpp.session import RpcSession
from station.ocpp.triggering import Source
from station.pki.errors import CertificateError
from station.pki.keystore import STATION, KeyStore
from station.storage.facts import Facts

RENEW_BEFORE = timedelta(days=30)
"""A03.FR.02: one month."""
CHECK_EVERY_S = 24 * 3600.0
"""How often is looked whether a certificate expires, and so how often a CSMS that refused is asked again."""
RETRY_S = 60.0
"""After a request that was not answered; the back-off counts from the answer."""
OPEN, ASKED = "signing_open", "renewal_asked"
"""Facts, each by use: the CSMS owes a certificate; the serial number of the certificate it was asked to renew."""

NO_ORGANIZATION = because("MissingDevModelInfo", "SecurityCtrlr.OrganizationName is not set")

log = structlog.get_logger("station.certificates")

SignedAnswer = call_result.CertificateSigned


@dataclass(frozen=True, slots=True)
class SigningRules:
    """What the device model says about certificates, and who they are for."""

    common_name: str
    """The station's serial number (A00.FR.511)."""
    organization: str
    """SecurityCtrlr.OrganizationName; nothing can be asked for while it is empty."""
    wait_minimum_s: float
    """SecurityCtrlr.CertSigningWaitMinimum."""
    repeat_times: int
    """SecurityCtrlr.CertSigningRepeatTimes."""
    longest_chain: int
    """SecurityCtrlr.MaxCertificateChainSize, in characters."""


@dataclass(slots=True)
class _Round:
    """A request that is sent again until the certificate comes (A02.FR.17-19). Seconds are the loop's."""

    csr: str
    due_s: float
    wait_s: float
    repeats_left: int


class Certificates:
    """Asks for certificates while `serve` runs; takes them whenever they come."""

    def __init__(
        self,
        store: KeyStore,
        session: RpcSession,
        *,
        facts: Facts,
        rules: Callable[[], SigningRules],
        key_kind: str,
        notify: Callable[[SecurityEvent, str], None],
        switch_over: Callable[[SigningUse], None],
        now: Callable[[], datetime],
    ) -> None:
        """`key_kind`: security.client_key of the settings. `switch_over` begins to use a new certificate: for the
        one that the CSMS is shown it lets go of the connection, so that the next one is made with it (A02.FR.08).
        """
        self._store = store
        self._session = session
        self._facts = facts
        self._rules = rules
        self._key_kind = key_kind
        self._notify = notify
        self._switch_over = switch_over
        self._now = now
        self._rounds: dict[SigningUse, _Round] = {}
        self._news = asyncio.Event()
        self._look_at_s = -math.inf
        """When is looked for expiry next."""

    # Asking

    def triggered(self, use: SigningUse) -> Source:
        """Offer to TriggerMessage to have a new key signed (A02.FR.02, A02.FR.13); it replaces one that waits."""
        return lambda _evse: partial(self._sign_now, use) if self._rules().organization else NO_ORGANIZATION

    async def serve(self) -> None:
        """Renew what expires, and ask again for what does not come; to be run while the CSMS accepts this station."""
        loop = asyncio.get_running_loop()
        self._resume(loop.time())
        while True:
            self._news.clear()
            if self._look_at_s <= loop.time():
                for use in tuple(self._expiring()):
                    await self._begin(use)
                self._look_at_s = loop.time() + CHECK_EVERY_S
            for use, round_ in tuple(self._rounds.items()):
                if round_.due_s <= loop.time():
                    await self._ask(use, round_)
            await self._pause()

    async def _sign_now(self, use: SigningUse) -> None:
        await self._begin(use)
        if round_ := self._rounds.get(use):
            await self._ask(use, round_)
        self._news.set()

    async def _pause(self) -> None:
        due = [round_.due_s for round_ in self._rounds.values()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(min([self._look_at_s, *due])):
                await self._news.wait()

    def _resume(self, loop_s: float) -> None:
        """Go on waiting for what a CSMS owed before a restart."""
        for use in SigningUse:
            if use in self._rounds or self._facts.get(_of(OPEN, use)) is None:
                continue
            try:
                if (key := self._store.pending_key(use)) and self._rules().organization:
                    self._open(use, self._csr(key), due_s=loop_s + self._rules().wait_minimum_s)
            except (OSError, StationError) as error:
                log.error("key_not_usable", use=use.value, error=str(error))
                self._close(use)

    def _expiring(self) -> Iterator[SigningUse]:
        """Yield what is to be renewed and was not asked for yet (A03.FR.02)."""
        for use in SigningUse:
            if not self._store.holds(use):
                continue
            newest = next(iter(self._store.inventory.own(use)), None)
            if newest is None or newest.certificate.not_valid_after_utc - self._now() > RENEW_BEFORE:
                continue
            if use not in self._rounds and self._facts.get(_of(ASKED, use)) != newest.serial:
                log.info("certificate_expires", use=use.value, at=newest.certificate.not_valid_after_utc.isoformat())
                yield use

    async def _begin(self, use: SigningUse) -> None:
        from station.pki.csr import KeyKind, make_key

        self._rounds.pop(use, None)
        if not self._rules().organization:
            log.warning("certificate_not_requested", use=use.value, why="SecurityCtrlr.OrganizationName is not set")
            return
        # ISO 15118-2 knows no RSA.
        kind = KeyKind(self._key_kind) if use is STATION else KeyKind.EC
        key = await asyncio.to_thread(make_key, kind) if kind is KeyKind.RSA else make_key(kind)
        try:
            csr = self._csr(key)
            self._store.put_pending_key(use, key)
        except (OSError, StationError) as error:
            log.error("certificate_not_requested", use=use.value, error=str(error))
        else:
            self._open(use, csr, due_s=asyncio.get_running_loop().time())

    def _csr(self, key: str) -> str:
        from station.pki.csr import Subject, request_for

        rules = self._rules()
        return request_for(key, Subject(rules.common_name, rules.organization))

    def _open(self, use: SigningUse, csr: str, *, due_s: float) -> None:
        rules = self._rules()
        self._rounds[use] = _Round(csr, due_s, rules.wait_minimum_s, rules.repeat_times)

    async def _ask(self, use: SigningUse, round_: _Round) -> None:
        # Also if the connection ends meanwhile; the answer may say otherwise.
        round_.due_s = asyncio.get_running_loop().time() + RETRY_S
        try:
            answer = await self._session.call(call.SignCertificate(csr=round_.csr, certificate_type=use))
            accepted = answer.status is GenericStatusEnumType.accepted
        except CallRefused as error:
            log.warning("certificate_request_failed", use=use.value, error=str(error))
            accepted = False
        except RpcError as error:
            log.warning("certificate_request_not_delivered", use=use.value, error=str(error))
            return
        if self._rounds.get(use) is not round_:
            return  # the certificate was faster than the answer
        if accepted:
            self._wait_for_it(use, round_)
        else:
            log.warning("certificate_request_rejected", use=use.value)
            self._close(use)
            with contextlib.suppress(OSError):  # a key that cannot be removed is replaced by the next one
                self._store.drop_pending_key(use)

    def _wait_for_it(self, use: SigningUse, round_: _Round) -> None:
        """A02.FR.17-19: ask again after a time that doubles, and so often."""
        self._facts.put(_of(OPEN, use), "")
        newest = next(iter(self._store.inventory.own(use)), None)
        if newest is not None:
            self._facts.put(_of(ASKED, use), newest.serial)
        if round_.repeats_left == 0:
            log.warning("certificate_did_not_come", use=use.value)
            self._close(use)
            return
        log.info("certificate_requested", use=use.value, repeats_left=round_.repeats_left, wait_s=round_.wait_s)
        round_.due_s = asyncio.get_running_loop().time() + round_.wait_s
        round_.wait_s *= 2
        round_.repeats_left -= 1

    def _close(self, use: SigningUse) -> None:
        """Ask no more; the key goes on waiting."""
        self._rounds.pop(use, None)
        self._facts.forget(_of(OPEN, use))

    # Taking

    @on("CertificateSigned")
    async def certificate_signed(self, request: call.CertificateSigned) -> Reply | SignedAnswer:
        """Check the chain, keep it, answer, and switch over to it (A02.FR.06-08, A02.FR.16)."""
        use = request.certificate_type or STATION
        size, longest = len(request.certificate_chain), self._rules().longest_chain
        if size > longest:
            self._close(use)
            return _rejected("TooLargeElement", f"the chain has {size} characters; {longest} is the most")
        try:
            news = self._take(use, request.certificate_chain)
        except CertificateError as error:
            self._close(use)  # A02.FR.20
            self._notify(SecurityEvent.INVALID_CHARGING_STATION_CERTIFICATE, str(error))
            return _rejected("InvalidCertificate", str(error))
        except (OSError, StorageError) as error:
            log.error("certificate_not_stored", use=use.value, error=str(error))
            return _rejected("InternalError", "the certificate could not be stored")
        self._close(use)
        accepted = SignedAnswer(status=CertificateSignedStatusEnumType.accepted)
        return Reply(accepted, then=lambda: self._switch_over(use)) if news else accepted

    def _take(self, use: SigningUse, pem: str) -> bool:
        """Keep a chain; tell whether it is new, because an answer may have been lost on its way."""
        from station.pki import acceptance, chains
        from station.pki.csr import Subject

        key, inventory, rules = self._store.pending_key(use), self._store.inventory, self._rules()
        if key is None:
            if any(chains.parse(pem)[0] == own.certificate for own in inventory.own(use)[:1]):
                return False
            raise CertificateError("the station has not asked for a certificate")
        subject = Subject(rules.common_name, rules.organization)
        chain = acceptance.own_chain(inventory, use, pem, key_pem=key, subject=subject, now=self._now())
        inventory.complete(use, chain)
        self._facts.forget(_of(ASKED, use))
        self._notify(
            SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS,
            f"{use.value} {chain[0].serial_number:x}, valid until {chain[0].not_valid_after_utc:%Y-%m-%d}",
        )
        return True


def _rejected(code: str, text: str) -> SignedAnswer:
    log.warning("certificate_rejected", code=code, why=text)
    return SignedAnswer(status=CertificateSignedStatusEnumType.rejected, status_info=because(code, text))


def _of(fact: str, use: SigningUse) -> str:
    return f"{fact}.{use.value}"
