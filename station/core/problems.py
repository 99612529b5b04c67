"""The words of the faults that an EVSE has: what was told about each of them last."""

from collections.abc import Iterable, Mapping

from station.core import effects as do
from station.core import events as on
from station.core.effects import StoredEffect
from station.core.faults import Fault
from station.core.session import Session


def problems_after(
    before: Mapping[Fault, str], event: on.Event, session: Session, stored: Iterable[StoredEffect]
) -> dict[Fault, str]:
    """Return the words of each fault after a step: `session` and `stored` are what it made of `event`.

    The CSMS is told of a fault once, people see how it is now: so what an event says counts, even where it is no
    news for the session. A fault that came back before anybody was told that it went keeps its words.
    """
    told = {
        Fault(effect.alert.tech_code): effect.alert.tech_info
        for effect in stored
        if isinstance(effect, do.Raise) and effect.alert.active
    }
    known = session.faults | session.settling
    words = {**before, **told, **_said(event)}
    return {fault: text for fault, text in words.items() if fault in known and text}


def _said(event: on.Event) -> dict[Fault, str]:
    match event:
        case on.FaultRaised(fault, text) | on.BeginFailed(fault, text) | on.ReleaseFailed(fault, text):
            return {fault: text}
        case on.EndFailed(fault, text):
            return {fault: text, Fault.END: text}
        case on.Woken(None, problem, fault):
            return {fault: problem}
    return {}
