"""What the variables say about meter values, as rules; and what sends those that belong to no transaction."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ocpp.v201.enums import MeasurandEnumType

from station.app.ground import Ground
from station.core import variables as var
from station.core.device_model import DeviceModel
from station.core.events import IntervalsChanged
from station.core.policy import KeyPolicy, Policy
from station.core.variables import Variable
from station.evse import Evse
from station.ocpp.aligned import AlignedData, Schedule
from station.ocpp.blocks.meter_values import MeterValues, Shown
from station.ocpp.session import RpcSession

ALIGNED_ROWS = (
    var.ALIGNED_DATA_ENABLED,
    var.ALIGNED_DATA_INTERVAL,
    var.ALIGNED_DATA_MEASURANDS,
    var.ALIGNED_DATA_TX_ENDED_INTERVAL,
    var.ALIGNED_DATA_TX_ENDED_MEASURANDS,
)
SAMPLED_ROWS = (var.TX_UPDATED_INTERVAL, var.TX_ENDED_INTERVAL)


def with_metering(policy: Policy, model: DeviceModel) -> Policy:
    """Return the rules of a session with what SampledDataCtrlr and AlignedDataCtrlr say about them now."""
    signs, signs_aligned = model[var.SIGN_READINGS], model[var.ALIGNED_DATA_SIGN_READINGS]
    return replace(
        policy,
        updated_interval_s=model[var.TX_UPDATED_INTERVAL],
        ended_interval_s=model[var.TX_ENDED_INTERVAL],
        started_measurands=_ordered(model[var.TX_STARTED_MEASURANDS]),
        updated_measurands=_ordered(model[var.TX_UPDATED_MEASURANDS]),
        ended_measurands=_ordered(model[var.TX_ENDED_MEASURANDS]),
        aligned_updated_measurands=_ordered(model[var.ALIGNED_DATA_MEASURANDS]),
        aligned_ended_measurands=_ordered(model[var.ALIGNED_DATA_TX_ENDED_MEASURANDS]),
        register_phases=not model[var.REGISTER_VALUES_WITHOUT_PHASES],
        # Application note 4.3.3 and 4.3.5: SignReadings is the master switch of its controller.
        sign_readings=signs,
        sign_started_readings=model[var.SIGN_STARTED_READINGS],
        sign_updated_readings=signs and model[var.SIGN_UPDATED_READINGS],
        sign_aligned_readings=signs_aligned,
        sign_aligned_updated_readings=signs_aligned and model[var.ALIGNED_DATA_SIGN_UPDATED_READINGS],
        key_policy=model[var.PUBLIC_KEY_WITH_SIGNED_METER_VALUE],
    )


def schedule(model: DeviceModel, evse_ids: Iterable[int]) -> Schedule:
    """Return when AlignedDataCtrlr wants values now."""
    if not model[var.ALIGNED_DATA_ENABLED]:
        return Schedule()
    return Schedule(
        interval_s=model[var.ALIGNED_DATA_INTERVAL] if model[var.ALIGNED_DATA_MEASURANDS] else 0,
        ended_interval_s=model[var.ALIGNED_DATA_TX_ENDED_INTERVAL]
        if model[var.ALIGNED_DATA_TX_ENDED_MEASURANDS]
        else 0,
        only_idle=model[var.ALIGNED_DATA_SEND_DURING_IDLE],
        only_idle_at=frozenset(
            evse_id for evse_id in evse_ids if model[var.EVSE_ALIGNED_DATA_SEND_DURING_IDLE.at(evse_id)]
        ),
    )


def shown(model: DeviceModel) -> Shown:
    """Return what MeterValues shows now."""
    return Shown(
        measurands=_ordered(model[var.ALIGNED_DATA_MEASURANDS]),
        signed=model[var.ALIGNED_DATA_SIGN_READINGS],
        with_key=model[var.PUBLIC_KEY_WITH_SIGNED_METER_VALUE] is KeyPolicy.EVERY,
        register_phases=not model[var.REGISTER_VALUES_WITHOUT_PHASES],
    )


def build_meter_values(ground: Ground, evses: Mapping[int, Evse], session: RpcSession) -> MeterValues:
    model = ground.model
    return MeterValues(
        evses, session, measurands=lambda: model[var.TX_UPDATED_MEASURANDS], shown=lambda: shown(model)
    )


def build_aligned(
    ground: Ground, evses: Mapping[int, Evse], values: MeterValues, *, online: Callable[[], bool]
) -> AlignedData:
    """Return what strikes at aligned instants; both it and the sessions learn when an interval is set."""
    model = ground.model
    aligned = AlignedData(
        evses,
        schedule=lambda: schedule(model, evses),
        tell=values.clock_struck,
        online=online,
        now=ground.clock.now,
    )
    _react(model, ALIGNED_ROWS, aligned.retime)

    def tell_sessions() -> None:
        for evse in evses.values():
            evse.post(IntervalsChanged())

    _react(model, SAMPLED_ROWS, tell_sessions)
    return aligned


def _react(model: DeviceModel, rows: Iterable[Variable[Any]], react: Callable[[], None]) -> None:
    for row in rows:
        model.on_set(row, lambda _: react())


def _ordered(measurands: frozenset[MeasurandEnumType]) -> tuple[MeasurandEnumType, ...]:
    return tuple(sorted(measurands))
