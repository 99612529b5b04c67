"""What goes on at an EVSE, in the words of a driver: read off its session."""

from ocpp.v201.enums import ChargingStateEnumType, ConnectorStatusEnumType

from station.core.session import Metering, Session, charging_state, connector_status, waking
from station.local.views import Activity


def activity_of(session: Session) -> Activity:
    """Return what a driver who stands in front of the outlet would say that it does."""
    if waking(session):
        return Activity.STARTING
    if session.faults:
        return Activity.FAULTED
    if session.metering is Metering.STOPPING:
        return Activity.FINISHING
    if session.metering is Metering.STARTING:
        return Activity.PREPARING
    if session.held_for is not None:
        return Activity.HELD
    if _is_over(session):
        return Activity.FINISHED
    if connector_status(session) is ConnectorStatusEnumType.unavailable:
        return Activity.UNAVAILABLE
    if session.authorization is None:
        return Activity.PLUGGED if session.plugged or session.cable_in else Activity.FREE
    return _of_driver(session) if session.plugged else Activity.ACCEPTED


def _is_over(session: Session) -> bool:
    """Somebody charged, and his vehicle is still there."""
    transaction = session.transaction
    if transaction is None:
        return session.served is not None and session.authorization is None and session.plugged
    return session.plugged and bool(transaction.over or transaction.stop)


def _of_driver(session: Session) -> Activity:
    """Return what goes on with a vehicle whose driver may charge."""
    match charging_state(session):
        case ChargingStateEnumType.charging:
            return Activity.CHARGING
        case ChargingStateEnumType.suspended_evse:
            return Activity.PAUSED_BY_STATION
        case ChargingStateEnumType.suspended_ev:
            return Activity.PAUSED_BY_VEHICLE
    if session.metering is not Metering.ON:
        return Activity.PREPARING
    # Signed, and the vehicle has not taken anything yet: OCPP calls that EVConnected.
    return Activity.PAUSED_BY_VEHICLE if session.offered_amps > 0 else Activity.PAUSED_BY_STATION
