"""Gathers what `core.why` wants to know about an EVSE."""

from typing import Final

from station.core import variables as var
from station.core.authorization import Rules
from station.core.policy import Policy
from station.core.why import CsmsState, Facts, Told
from station.evse import Evse
from station.hardware.ports import Notice
from station.local.parts import Parts

_SHARED_NEWS: Final = frozenset({Notice.CHECKING, Notice.REFUSED})
"""Of a reader that did not know which outlet was meant: it may have been any of its own."""


def facts_of(parts: Parts, evse_id: int) -> Facts:
    """Return what is known now; KeyError if there is no such EVSE."""
    evse, csms = parts.evses[evse_id], parts.csms
    rules = _rules(parts)
    watches_plugs = frozenset() if rules.enabled else frozenset({f"plugs-{evse_id}"})
    return Facts(
        session=evse.session,
        now=parts.clock.now(),
        policy=_policy(parts, evse_id),
        problems=evse.problems,
        csms=CsmsState(csms.connected, csms.registration, csms.last_failure, csms.closed()),
        rules=rules,
        told=_told(parts, evse_id),
        clock_trusted=parts.clock.synchronised(),
        meter_warnings=evse.identity.warnings if evse.identity else (),
        power_w=_power_w(evse),
        crashes=parts.crashes(),
        vital=frozenset({f"evse-{evse_id}"}) | watches_plugs,
        readers=frozenset(f"reader-{reader.name}" for reader in parts.settings.readers if evse_id in reader.evses),
    )


def _policy(parts: Parts, evse_id: int) -> Policy:
    evse = next(evse for evse in parts.settings.evses if evse.id == evse_id)
    return Policy(
        evse_id=evse_id,
        max_current_amps=evse.max_current_a,
        fixed_cable=evse.controller.fixed_cable,
        ev_connection_timeout_s=parts.model[var.EV_CONNECTION_TIME_OUT],
    )


def _rules(parts: Parts) -> Rules:
    return Rules(
        enabled=parts.model[var.AUTH_ENABLED],
        local_authorize_offline=parts.model[var.LOCAL_AUTHORIZE_OFFLINE],
        offline_unknown=parts.model[var.OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED],
    )


def _told(parts: Parts, evse_id: int) -> Told | None:
    """Return what was said here last, or at a reader that serves this EVSE too and could not tell which is meant."""
    notices = parts.notices()
    shown, shared = notices.get(evse_id), notices.get(None)
    if shared is not None and shared.notice.notice in _SHARED_NEWS and _may_be_meant(parts, evse_id):
        shown = shared if shown is None or shared.at > shown.at else shown
    return None if shown is None else Told(shown.notice.notice.value, shown.notice.text, shown.at)


def _may_be_meant(parts: Parts, evse_id: int) -> bool:
    return len(parts.evses) == 1 or parts.evses[evse_id].session.plugged


def _power_w(evse: Evse) -> float | None:
    power = evse.reading.power_w if evse.reading else None
    return power.total if power else None
