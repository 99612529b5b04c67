"""Why a vehicle is not charged here: what the station knows, walked link by link; pure.

Every link says how it stands; the first one that really stops charging is what an operator has to see to.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from ocpp.v201.enums import ChargingStateEnumType, IdTokenEnumType, ReasonEnumType, RegistrationStatusEnumType

from station.core.faults import Fault
from station.core.session import (
    MINIMUM_OFFER_AMPS,
    Metering,
    Session,
    allowed_amps,
    charging_state,
    energy_flows,
    waking,
)
from station.core.why_codes import Code, Explanation, Link, Standing, Step
from station.core.why_facts import CsmsState, Facts
from station.core.why_faults import fault_links
from station.core.why_refusals import Told, is_being_checked, refused_because

__all__ = ["Code", "CsmsState", "Explanation", "Facts", "Link", "Standing", "Step", "Told", "explain"]


def explain(facts: Facts) -> Explanation:
    """Walk the chain."""
    broken = fault_links(facts.session, facts.problems)
    links = tuple(_worse(look(facts), broken.get(step)) for step, look in _CHAIN.items())
    charging = energy_flows(facts.session) and not _draws_nothing(facts)
    return Explanation(facts.session.evse_id, charging, links)


def _worse(sound: Link, broken: Link | None) -> Link:
    """A fault that only follows from another one does not hide what somebody could do."""
    if broken is None or (broken.standing is Standing.NOTE and sound.standing in (Standing.WAITS, Standing.STOPS)):
        return sound
    return broken


def _process(facts: Facts) -> Link:
    crashed = sorted(facts.crashes)
    vital = next((name for name in crashed if name in facts.vital), None)
    if vital is not None and not energy_flows(facts.session):
        return _crash(facts, vital, Standing.STOPS, Code.PROCESS_CRASHES)
    if waking(facts.session):
        return Link(Step.PROCESS, Standing.WAITS, Code.PROCESS_STARTING)
    if crashed:
        return _crash(facts, crashed[0], Standing.NOTE, Code.PROCESS_PART_CRASHES)
    return Link(Step.PROCESS, Standing.OK, Code.PROCESS_HEALTHY)


def _crash(facts: Facts, name: str, standing: Standing, code: Code) -> Link:
    return Link(Step.PROCESS, standing, code, facts.crashes[name], {"component": name})


def _csms(facts: Facts) -> Link:
    if facts.csms.connected:
        return Link(Step.CSMS, Standing.OK, Code.CSMS_CONNECTED)
    if _is_needed(facts):
        return Link(Step.CSMS, Standing.STOPS, Code.CSMS_NEEDED, facts.csms.last_failure)
    return Link(Step.CSMS, Standing.NOTE, Code.CSMS_AWAY, facts.csms.last_failure)


def _is_needed(facts: Facts) -> bool:
    """A CSMS that cannot be asked stops charging only where nobody may charge unasked."""
    rules = facts.rules
    unasked = not rules.enabled or rules.local_authorize_offline or rules.offline_unknown
    return not unasked and not facts.authorized


def _boot(facts: Facts) -> Link:
    if facts.csms.registration:
        return Link(Step.BOOT, Standing.OK, Code.BOOT_ANSWERED)
    if _is_needed(facts):
        return Link(Step.BOOT, Standing.STOPS, Code.BOOT_NEEDED)
    return Link(Step.BOOT, Standing.NOTE, Code.BOOT_UNANSWERED)


def _accepted(facts: Facts) -> Link:
    stops = facts.csms.closed is not None and not facts.authorized
    standing = Standing.STOPS if stops else Standing.NOTE
    match facts.csms.registration:
        case RegistrationStatusEnumType.accepted:
            return Link(Step.ACCEPTED, Standing.OK, Code.CSMS_ACCEPTED)
        case RegistrationStatusEnumType.pending:
            return Link(Step.ACCEPTED, standing, Code.CSMS_PENDING, facts.csms.closed or "")
        case RegistrationStatusEnumType.rejected:
            return Link(Step.ACCEPTED, standing, Code.CSMS_REJECTED, facts.csms.closed or "")
    return Link(Step.ACCEPTED, Standing.NOTE, Code.CSMS_UNDECIDED)


def _operative(facts: Facts) -> Link:
    """Who is authorized already may go on (G03.FR.05, B12.FR.03)."""
    standing = Standing.NOTE if facts.authorized else Standing.STOPS
    if facts.session.inoperative:
        return Link(Step.OPERATIVE, standing, Code.OUT_OF_SERVICE)
    if facts.session.blocked:
        return Link(Step.OPERATIVE, standing, Code.WAITS_FOR_RESET)
    return Link(Step.OPERATIVE, Standing.OK, Code.IN_SERVICE)


def _fault(_facts: Facts) -> Link:
    return Link(Step.FAULT, Standing.OK, Code.NO_FAULT)


def _plug(facts: Facts) -> Link:
    session = facts.session
    if session.held_for is not None:
        return Link(Step.PLUG, Standing.WAITS, Code.PLUG_HELD)
    if session.plugged:
        return Link(Step.PLUG, Standing.OK, Code.PLUGGED_IN, params={"letter": session.letter})
    if session.cable_in and not facts.policy.fixed_cable:
        return Link(Step.PLUG, Standing.WAITS, Code.PLUG_AT_VEHICLE)
    if session.authorized_at is not None:
        until = session.authorized_at + timedelta(seconds=facts.policy.ev_connection_timeout_s)
        seconds = max(0, round((until - facts.now).total_seconds()))
        return Link(Step.PLUG, Standing.WAITS, Code.PLUG_IN_ACCEPTED, params={"seconds": seconds})
    return Link(Step.PLUG, Standing.WAITS, Code.PLUG_IN)


def _card(facts: Facts) -> Link:
    session, transaction = facts.session, facts.session.transaction
    if transaction is not None and (transaction.suspended or _withdrawn(session)):
        return Link(Step.CARD, Standing.STOPS, Code.CARD_WITHDRAWN)
    if session.authorization is not None:
        return _driver_known(session)
    if session.metering is Metering.STOPPING:
        return Link(Step.CARD, Standing.WAITS, Code.SESSION_ENDING)
    if refused := refused_because(facts.told, session, now=facts.now, online=facts.csms.online):
        return refused
    if not facts.rules.enabled:
        return Link(Step.CARD, Standing.OK, Code.CARD_NOT_ASKED)
    if facts.readers and facts.readers <= facts.crashes.keys():
        name = min(facts.readers)
        shown = name.removeprefix("reader-")
        return Link(Step.CARD, Standing.STOPS, Code.READER_DOWN, facts.crashes[name], {"reader": shown})
    if is_being_checked(facts.told, now=facts.now):
        return Link(Step.CARD, Standing.WAITS, Code.CARD_CHECKED)
    over = session.plugged and (transaction is not None or session.served is not None)
    return Link(Step.CARD, Standing.WAITS, Code.SESSION_OVER if over else Code.CARD_AWAITED)


def _withdrawn(session: Session) -> bool:
    over = session.transaction.over if session.transaction else None
    return over is not None and over.reason is ReasonEnumType.de_authorized


def _driver_known(session: Session) -> Link:
    if session.transaction is not None and session.transaction.invalid:
        return Link(Step.CARD, Standing.NOTE, Code.CARD_DOUBTED)
    assert session.authorization is not None
    unasked = session.authorization.token.type == IdTokenEnumType.no_authorization
    return Link(Step.CARD, Standing.OK, Code.CARD_NOT_ASKED if unasked else Code.CARD_ACCEPTED)


def _limit(facts: Facts) -> Link:
    session, policy = facts.session, facts.policy
    limits: tuple[tuple[Code, float | None], ...] = (
        (Code.LIMIT_TOO_LOW, session.limit_amps),
        (Code.LIMIT_SETTINGS, policy.max_current_amps),
        (Code.CABLE_TOO_SMALL, session.cable_rating_amps),
    )
    for code, amps in limits:
        if amps is not None and amps < MINIMUM_OFFER_AMPS:
            return Link(
                Step.LIMIT, Standing.STOPS, code, params={"amps": _plain(amps), "least": _plain(MINIMUM_OFFER_AMPS)}
            )
    params = {"amps": _plain(allowed_amps(session, policy))}
    if session.plugged and session.cable_rating_amps is None and not policy.fixed_cable:
        return Link(Step.LIMIT, Standing.NOTE, Code.CABLE_UNRATED, params=params)
    return Link(Step.LIMIT, Standing.OK, Code.LIMIT_OK, params=params)


def _meter_time(facts: Facts) -> Link:
    if facts.clock_trusted:
        return Link(Step.METER_TIME, Standing.OK, Code.TIME_OK)
    return Link(Step.METER_TIME, Standing.NOTE, Code.TIME_UNSURE)


def _meter_error(facts: Facts) -> Link:
    if facts.meter_warnings:
        return Link(Step.METER_ERROR, Standing.NOTE, Code.METER_DOUBTFUL, " ".join(facts.meter_warnings))
    return Link(Step.METER_ERROR, Standing.OK, Code.METER_OK)


def _contactor(facts: Facts) -> Link:
    session = facts.session
    if Fault.OUTPUT in session.faults:
        return Link(Step.CONTACTOR, Standing.NOTE, Code.OUTPUT_UNKNOWN)
    if energy_flows(session):
        return Link(Step.CONTACTOR, Standing.OK, Code.CONTACTOR_CLOSED)
    if session.plugged and facts.authorized and session.metering in (Metering.OFF, Metering.STARTING):
        return Link(Step.CONTACTOR, Standing.WAITS, Code.PREPARING)
    return Link(Step.CONTACTOR, Standing.OK, Code.CONTACTOR_OPEN)


def _vehicle(facts: Facts) -> Link:
    session = facts.session
    if energy_flows(session):
        if _draws_nothing(facts):
            return Link(Step.VEHICLE, Standing.WAITS, Code.VEHICLE_DRAWS_NOTHING)
        return Link(Step.VEHICLE, Standing.OK, Code.VEHICLE_CHARGES, params={"amps": _plain(session.offered_amps)})
    if not session.plugged:
        return Link(Step.VEHICLE, Standing.WAITS, Code.VEHICLE_ABSENT)
    if session.offered_amps == 0:
        return Link(Step.VEHICLE, Standing.OK, Code.VEHICLE_CONNECTED)
    declines = charging_state(session) is ChargingStateEnumType.suspended_ev
    code = Code.VEHICLE_DECLINES if declines else Code.VEHICLE_ASKED
    return Link(Step.VEHICLE, Standing.WAITS, code, params={"amps": _plain(session.offered_amps)})


def _draws_nothing(facts: Facts) -> bool:
    """The vehicle closed its contact long enough ago for current to be measured, and none is."""
    transaction = facts.session.transaction
    had_time = transaction is not None and transaction.ev_had_time
    return had_time and energy_flows(facts.session) and facts.power_w == 0


def _plain(amps: float) -> int | float:
    """Return a current as people write it."""
    return int(amps) if amps == int(amps) else round(amps, 1)


_CHAIN: Final[Mapping[Step, Callable[[Facts], Link]]] = {
    Step.PROCESS: _process,
    Step.CSMS: _csms,
    Step.BOOT: _boot,
    Step.ACCEPTED: _accepted,
    Step.OPERATIVE: _operative,
    Step.FAULT: _fault,
    Step.PLUG: _plug,
    Step.CARD: _card,
    Step.LIMIT: _limit,
    Step.METER_TIME: _meter_time,
    Step.METER_ERROR: _meter_error,
    Step.CONTACTOR: _contactor,
    Step.VEHICLE: _vehicle,
}
"""What is found at each step as long as no fault stands on it."""
