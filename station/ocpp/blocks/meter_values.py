"""Block J, so far: MeterValues when the CSMS asks for them."""

from collections.abc import Callable, Iterable, Mapping

from ocpp.v201 import call
from ocpp.v201.datatypes import EVSEType
from ocpp.v201.enums import MeasurandEnumType, ReadingContextEnumType

from station.core.reports import Sample
from station.core.samples import of_reading
from station.evse import Evse
from station.ocpp.meter_values import meter_value
from station.ocpp.session import RpcSession
from station.ocpp.triggering import Work, meant


class MeterValues:
    """Tells the newest live values of meters, whether anybody charges or not."""

    def __init__(
        self, evses: Mapping[int, Evse], session: RpcSession, *, measurands: Callable[[], Iterable[MeasurandEnumType]]
    ) -> None:
        """`measurands`: AlignedDataMeasurands (F06.FR.06)."""
        self._evses = evses
        self._session = session
        self._measurands = measurands

    def triggered(self, named: EVSEType | None) -> Work | None:
        """One message for each EVSE whose meter has told something lately; None if there is none."""
        samples = {evse.evse_id: sample for evse in meant(self._evses, named) if (sample := self._sample(evse))}

        async def tell() -> None:
            for evse_id, sample in samples.items():
                await self._session.call(call.MeterValues(evse_id=evse_id, meter_value=[meter_value(sample)]))

        return tell if samples else None

    def _sample(self, evse: Evse) -> Sample | None:
        if evse.reading is None:
            return None
        return of_reading(evse.reading, tuple(sorted(self._measurands())), ReadingContextEnumType.trigger)
