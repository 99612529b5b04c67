"""A queue as it looks after some days offline: sessions whose events are ordinary, each tenth one an Ended."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ocpp.v201.enums import (
    ChargingStateEnumType,
    MeasurandEnumType,
    ReadingContextEnumType,
    ReasonEnumType,
    TransactionEventEnumType,
    TriggerReasonEnumType,
)

from station.core.reports import Sample, SampledValue, SignedValue, TransactionReport

EVENTS = 1000
PER_TRANSACTION = 10
EVERY_S = 60
BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

OCMF = (
    'OCMF|{{"FV":"1.0","GI":"BAUER Electronic BSM-WS36A-H01-1311-0000","GS":"001BZR1521070101",'
    '"GV":"1.9:32CA:AFF4, 01d484f","PG":"T{number}","MV":"BAUER Electronic","MM":"BSM-WS36A-H01-1311-0000",'
    '"MS":"001BZR1521070101","IS":true,"IT":"UNDEFINED","ID":"contract-id: rfid:04A2B3C4D5E680",'
    '"X2":"evse-id: DE*ABC*E1234*1","X3":"csc-sw-version: 0.1.0","RD":[{{"TM":"{time} S","TX":"{mark}",'
    '"RV":{kwh:.2f},"RI":"1-0:1.8.0*198","RU":"kWh","XV":{total_kwh:.2f},"XI":"1-0:1.8.0*255","XU":"kWh","XT":1,'
    '"RT":"AC","EF":"","ST":"G"}}]}}|{{"SA":"ECDSA-secp256r1-SHA256","SD":"{signature}"}}'
)
"""Like the meter's records in form and length; nobody checks the signature here."""
SIGNATURE = "3045022100" + "c5a3" * 16 + "0220" + "6be1" * 16
KEY = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004" + "4bfd02c1" * 16)


def reports(count: int = EVENTS) -> Iterator[TransactionReport]:
    """Yield so many events, oldest first."""
    for number in range(count):
        yield _report(*divmod(number, PER_TRANSACTION), at=BEGAN + timedelta(seconds=EVERY_S * number))


def _report(session: int, seq_no: int, *, at: datetime) -> TransactionReport:
    ends = seq_no == PER_TRANSACTION - 1
    wh = 183.0 * seq_no
    return TransactionReport(
        event=TransactionEventEnumType.ended if ends else TransactionEventEnumType.updated,
        transaction_id=str(UUID(int=0x812DE22294A44500998BCF58BA6FE4A3 + session)),
        seq_no=seq_no,
        happened_at=at,
        trigger=TriggerReasonEnumType.ev_departed if ends else TriggerReasonEnumType.meter_value_periodic,
        charging_state=ChargingStateEnumType.idle if ends else None,
        stopped_reason=ReasonEnumType.ev_disconnected if ends else None,
        evse_id=1,
        samples=_signed(session, at) if ends else (_measured(20_000.0 + 1647.0 * session + wh, at),),
    )


def _measured(energy_wh: float, at: datetime) -> Sample:
    context = ReadingContextEnumType.sample_periodic
    return Sample(
        at,
        (
            SampledValue(MeasurandEnumType.energy_active_import_register, energy_wh, "Wh", context),
            SampledValue(MeasurandEnumType.power_active_import, 10_984.7, "W", context),
        ),
    )


def _signed(session: int, at: datetime) -> tuple[Sample, ...]:
    """Return begin and end, the first of them with the meter's key."""
    began = at - timedelta(seconds=EVERY_S * PER_TRANSACTION)
    contexts = (ReadingContextEnumType.transaction_begin, ReadingContextEnumType.transaction_end)
    samples = []
    for number, (context, when) in enumerate(zip(contexts, (began, at), strict=True)):
        kwh = 1.64 * number
        total_kwh = 20 + 1.65 * session + kwh
        ocmf = OCMF.format(
            number=2 * session + number,
            time=f"{when:%Y-%m-%dT%H:%M:%S},000+0000",
            mark="BE"[number],
            kwh=kwh,
            total_kwh=total_kwh,
            signature=SIGNATURE,
        )
        signed = SignedValue(ocmf.encode("ascii"), None if number else KEY)
        value = SampledValue(
            MeasurandEnumType.energy_active_import_register, round(1000 * total_kwh), "Wh", context, signed=signed
        )
        samples.append(Sample(when, (value,)))
    return tuple(samples)
