"""Block J: MeterValues, by the clock and when the CSMS asks for them. Those of a transaction go with its events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from ocpp.v201 import call
from ocpp.v201.datatypes import EVSEType
from ocpp.v201.enums import MeasurandEnumType, ReadingContextEnumType

from station.core.policy import ENERGY
from station.core.samples import of_reading
from station.evse import Evse
from station.evse_meter import Measured
from station.ocpp.meter_values import meter_value
from station.ocpp.rpc_errors import CallRefused, RpcError
from station.ocpp.session import RpcSession
from station.ocpp.triggering import Work, meant

Measurands = tuple[MeasurandEnumType, ...]

log = structlog.get_logger("station.meter_values")


@dataclass(frozen=True, slots=True)
class Shown:
    """What MeterValues shows."""

    measurands: Measurands = ()
    """AlignedDataCtrlr.Measurands."""
    signed: bool = False
    """AlignedDataCtrlr.SignReadings (J01.FR.21)."""
    with_key: bool = False
    """OCPPCommCtrlr.PublicKeyWithSignedMeterValue is EveryMeterValue; no value here is of a transaction."""
    register_phases: bool = False
    """SampledDataCtrlr.RegisterValuesWithoutPhases is false."""


class MeterValues:
    """Tells what meters measure, whether anybody charges or not. There is no main meter: evseId is never 0."""

    def __init__(
        self,
        evses: Mapping[int, Evse],
        session: RpcSession,
        *,
        measurands: Callable[[], frozenset[MeasurandEnumType]],
        shown: Callable[[], Shown],
    ) -> None:
        """`measurands`: TxUpdatedMeasurands, for a CSMS that asks while AlignedDataCtrlr.Measurands is empty."""
        self._evses = evses
        self._session = session
        self._otherwise = measurands
        self._shown = shown

    async def clock_struck(self, evse: Evse, at: datetime) -> None:
        """Tell the values of an aligned instant (J01.FR.14).

        What cannot be delivered is gone: only values of a transaction have to be queued (J02).
        """
        try:
            await self._tell(evse, self._shown().measurands, ReadingContextEnumType.sample_clock, at=at)
        except RpcError as error:
            log.warning("meter_values_not_delivered", evse=evse.evse_id, error=str(error))

    def triggered(self, named: EVSEType | None) -> Work | None:
        """F06.FR.06: one message for each EVSE whose meter has told something lately; None if there is none."""
        measurands = self._shown().measurands or tuple(sorted(self._otherwise()))
        answering = [evse for evse in meant(self._evses, named) if evse.reading is not None]

        async def tell() -> None:
            for evse in answering:
                await self._tell(evse, measurands, ReadingContextEnumType.trigger)

        return tell if measurands and answering else None

    async def _tell(
        self, evse: Evse, measurands: Measurands, context: ReadingContextEnumType, *, at: datetime | None = None
    ) -> None:
        shown = self._shown()
        measured = await evse.measure(signed=shown.signed and ENERGY in measurands)
        if measured is None and evse.reading is not None:
            measured = Measured(evse.reading)
        if measured is None:
            return
        key = measured.record.public_key if measured.record and shown.with_key else None
        sample = of_reading(
            measured.reading,
            measurands,
            context,
            record=measured.record,
            key=key,
            register_phases=shown.register_phases,
            at=at,
        )
        if sample is None:
            return
        try:
            await self._session.call(call.MeterValues(evse_id=evse.evse_id, meter_value=[meter_value(sample)]))
        except CallRefused as error:
            # There are CSMSs that refuse signed values here and take them in transactions.
            remedy = "AlignedDataCtrlr.SignReadings = false" if measured.record else None
            log.warning("meter_values_refused", evse=evse.evse_id, error=str(error), remedy=remedy)
