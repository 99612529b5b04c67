"""What an operator does at the station himself: each act is written down, and refused with the reason."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog
from ocpp.v201.enums import IdTokenEnumType

from station.core.device_model import Accepted, Refusal, Rejected
from station.core.events import StopCause, StopRequested
from station.core.security_events import SecurityEvent
from station.core.session import idle
from station.core.tokens import IdToken
from station.core.variables import Address
from station.errors import StorageError
from station.evse import Evse
from station.hardware.ports import Notice
from station.local.care import NEEDS_CARE, SECRET
from station.local.parts import Parts
from station.local.variables import FORM, address_of
from station.local.views import Done, Refused
from station.ocpp.blocks.unlock import charges
from station.secret import MASK

UNLOCK_S: Final = 20.0
"""How long a lock may take: a motor's seconds, and those of a controller that is asked again."""
LONGEST_SHOWN: Final = 100
"""Of what somebody typed, in an answer or in the log."""

log = structlog.get_logger("station.local")

Outcome = Done | Refused


@dataclass(frozen=True, slots=True)
class Hands:
    """What acts are carried out with, beside the parts that are looked at."""

    soft_reset: Callable[[int | None], bool]
    """Restart an EVSE, or the station if None, when nobody charges; False if there is no such EVSE."""
    present: Callable[[IdToken, int], Awaitable[None]]
    """Do what a card would do that is held to a reader of this EVSE alone."""
    notify: Callable[[SecurityEvent, str], None]
    """Tell of something that matters to security (station.ocpp.blocks.security.Security.notify)."""
    reset_inputs: Callable[[int | None], tuple[str, ...]] = lambda _evse_id: ()
    """Let inputs go that were active and are so no more, of an EVSE or of all; returns their names."""


class Acts:
    """Unlock, stop, reset, try, set; `who` does it: `web` or `socket`."""

    def __init__(self, parts: Parts, hands: Hands) -> None:
        self._parts = parts
        self._hands = hands
        self._fixed_cables = frozenset(evse.id for evse in parts.settings.evses if evse.controller.fixed_cable)

    async def unlock(self, evse_id: int, *, who: str) -> Outcome:
        """Let a plug go that is held or stuck; never one that somebody charges with."""
        return _noted("unlock", await self._unlock(evse_id), who=who, evse=evse_id)

    async def stop(self, evse_id: int, *, who: str) -> Outcome:
        """End whatever runs at an EVSE: signed, and reported as ended locally."""
        return _noted("stop", self._stop(evse_id), who=who, evse=evse_id)

    async def reset(self, evse_id: int | None, *, who: str) -> Outcome:
        """Restart an EVSE, or the station if None, as soon as nobody charges there; nobody begins meanwhile."""
        return _noted("reset", self._reset(evse_id), who=who, evse=evse_id)

    async def reset_inputs(self, evse_id: int | None, *, who: str) -> Outcome:
        """Let latched inputs go, of an EVSE or of all; what is still active stays."""
        return _noted("reset_inputs", self._reset_inputs(evse_id), who=who, evse=evse_id)

    async def test_session(self, evse_id: int, *, who: str) -> Outcome:
        """Present the test card of the settings at an EVSE; a second time ends what it began.

        Returns when it was judged, which takes as long as the CSMS does.
        """
        return _noted("test_session", await self._test_session(evse_id), who=who, evse=evse_id)

    async def set_variable(self, name: str, value: str, *, who: str, confirmed: bool = False) -> Outcome:
        """Set a variable, `Component#evse#connector.Variable[instance]`, as the CSMS would.

        One that can cut the station off, weaken it, let everybody charge or change bills takes `confirmed`.
        """
        address = address_of(name)
        if address is None:
            return Refused(f"{name[:LONGEST_SHOWN]} is no name of a variable; it is written {FORM}")
        outcome = self._set(address, value, who=who, confirmed=confirmed)
        shown = MASK if address.key in SECRET else value[:LONGEST_SHOWN]
        return _noted("set_variable", outcome, who=who, variable=str(address)[:LONGEST_SHOWN], value=shown)

    # Carrying out

    async def _unlock(self, evse_id: int) -> Outcome:
        evse = self._parts.evses.get(evse_id)
        if evse is None:
            return self._no_such(evse_id)
        if evse_id in self._fixed_cables:
            return Refused(f"the cable of EVSE {evse_id} is fixed: there is no plug to let go")
        if charges(evse.session):
            return Refused(f"somebody charges at EVSE {evse_id}; stop that first, and wait until its end is signed")
        try:
            async with asyncio.timeout(UNLOCK_S):
                unlocked = await evse.unlock()
        except TimeoutError:
            unlocked = False
        if not unlocked:
            return Refused(f"the lock of EVSE {evse_id} does not move; see the log for what its controller says")
        return Done(f"the plug of EVSE {evse_id} is let go")

    def _stop(self, evse_id: int) -> Outcome:
        evse = self._parts.evses.get(evse_id)
        if evse is None:
            return self._no_such(evse_id)
        session = evse.session
        if idle(session):
            held = "; its plug is held for the card that began, unlock lets it go" if session.held_for else ""
            return Refused(f"nothing runs at EVSE {evse_id}{held}")
        transaction = session.transaction
        # Who stands in front of the station ends it: stoppedReason Local, as with a card or a button.
        evse.post(StopRequested(StopCause.CARD, transaction.id if transaction else None))
        return Done(f"what runs at EVSE {evse_id} ends as soon as the meter has signed it, in up to 10 s")

    def _reset(self, evse_id: int | None) -> Outcome:
        if not self._hands.soft_reset(evse_id):
            return self._no_such(evse_id)
        what = "the station" if evse_id is None else f"EVSE {evse_id}"
        busy = any(not idle(evse.session) for evse in self._meant(evse_id))
        return Done(
            f"{what} restarts {'when nobody charges any more; nobody may begin until then' if busy else 'now'}"
        )

    def _reset_inputs(self, evse_id: int | None) -> Outcome:
        if evse_id is not None and evse_id not in self._parts.evses:
            return self._no_such(evse_id)
        names = self._hands.reset_inputs(evse_id)
        still = [state.name for state in self._parts.inputs() if state.latched and state.contact]
        if not names:
            return Refused(f"still active: {', '.join(still)}" if still else "no input waits for a reset")
        return Done(f"reset: {', '.join(names)}" + (f"; still active: {', '.join(still)}" if still else ""))

    async def _test_session(self, evse_id: int) -> Outcome:
        card = self._parts.settings.web.test_card
        if not card:
            return Refused(
                "there is no test card: name one as web.test_card in the settings, and let the CSMS know it"
            )
        evse = self._parts.evses.get(evse_id)
        if evse is None:
            return self._no_such(evse_id)
        since = self._parts.clock.now()
        await self._hands.present(IdToken(card, IdTokenEnumType.local.value), evse_id)
        for place in (evse_id, None):
            shown = self._parts.notices().get(place)
            if shown is not None and shown.at >= since and shown.notice.notice is Notice.REFUSED:
                return Refused(f"the test card was refused: {shown.notice.text}")
        return Done(f"the test card was presented at EVSE {evse_id}")

    def _set(self, address: Address, value: str, *, who: str, confirmed: bool) -> Outcome:
        model = self._parts.model
        checked = model.check(address, value)
        if isinstance(checked, Rejected):
            return Refused(_words(address, checked))
        care = NEEDS_CARE.get(address.key)
        if care and not confirmed:
            return Refused(f"{checked} is not changed yet: {care.why}", needs_confirmation=True)
        try:
            done = model.set_actual(address, value)
        except StorageError as error:
            return Refused(f"{checked} cannot be saved: {error}")
        if not isinstance(done, Accepted):
            return Refused(_words(address, done))
        if care and care.security:
            text = f"{checked} was set at the station ({who})"
            self._hands.notify(SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS, text)
        return Done(f"{checked} is set{', and in force after a restart' if done.reboot_required else ''}")

    def _meant(self, evse_id: int | None) -> list[Evse]:
        return [evse for evse in self._parts.evses.values() if evse_id in (None, evse.evse_id)]

    def _no_such(self, evse_id: int | None) -> Refused:
        ids = ", ".join(map(str, self._parts.evses))
        return Refused(f"there is no EVSE {evse_id}; this station has {ids}")


def _words(address: Address, rejected: Rejected) -> str:
    """Return why a variable is not set, for people."""
    if rejected.reason_code == "ReadOnly":
        return f"{address} is read-only"
    match rejected.status:
        case Refusal.UNKNOWN_COMPONENT:
            place = "".join(f"#{number}" for number in (address.evse_id, address.connector_id) if number is not None)
            return f"there is no component {address.component}{place}; station model list shows all of them"
        case Refusal.UNKNOWN_VARIABLE:
            return f"there is no variable {address}; station model list {address.component} shows those there are"
    return f"{address} does not take that: {rejected.text or rejected.reason_code or rejected.status.value}"


def _noted(action: str, outcome: Outcome, **fields: object) -> Outcome:
    """Write down what was done, or why not."""
    if isinstance(outcome, Refused):
        log.warning("local_action_refused", action=action, reason=outcome.text, **fields)
    else:
        log.info("local_action", action=action, **fields)
    return outcome
