"""Meters and charge controllers of a bench, without a station around them: how to build them and how to ask them."""

import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta, timezone
from functools import partial
from pathlib import Path

from benchmarks.parts import Part
from benchmarks.recorder import Recorder
from benchmarks.scene import BAUD, READY_S
from station.clock import SystemClock
from station.core.metadata import Templates, fill
from station.core.powermeter import (
    IdentificationLevel,
    IdentificationStatus,
    IdentificationType,
    TransactionReq,
)
from station.meter.bsm import BsmMeter

FIRST_METER, FIRST_CONTROLLER = 42, 1
"""Units of the first EVSE; those of the others follow."""
TURN_ON_S, TURN_OFF_S = 2.0, 2.0
"""How long the meters take for a snapshot here."""

EVSE = """
[[evse]]
id = {id}
controller = {{ port = "{controller}", unit = {controller_unit}, baud = {baud}, pacing = true }}
[evse.meter]
port = "{meter}"
unit = {meter_unit}
serial = "001BZR15210701{id:02}"
baud = {baud}
pacing = true
busy = "answer"
turn_on_s = {on_s}
turn_off_s = {off_s}
"""


@contextlib.contextmanager
def meters(folder: Path, *, meter: str, controller: str, evses: int = 1) -> Iterator[None]:
    """Keep a bench up whose meters hang on one port and whose controllers on another, or all on the same."""
    folder.mkdir(parents=True)
    rows = [
        EVSE.format(
            id=number + 1,
            meter=meter,
            controller=controller,
            meter_unit=FIRST_METER + number,
            controller_unit=FIRST_CONTROLLER + number,
            baud=BAUD,
            on_s=TURN_ON_S,
            off_s=TURN_OFF_S,
        )
        for number in range(evses)
    ]
    (folder / "bench.toml").write_text('[bench]\nport = 0\nfolder = "."\n' + "".join(rows), "utf-8")
    config = str(folder / "bench.toml")
    with Part("bench", "simulators.bench.cli", "run", "--config", config, folder=folder) as bench:
        json.loads(bench.line(within_s=READY_S))
        yield


async def driver(device: Recorder, *, name: str) -> BsmMeter:
    """Return the station's own driver of a meter, which knows the meter and has set its clock."""
    meter = BsmMeter(
        device,
        name=name,
        clock=SystemClock(trusted=True),
        metadata=partial(fill, Templates(), version="1.0.0"),
        zone=timezone(timedelta(hours=1)),
    )
    await meter.identify()
    await meter.set_time(None)
    return meter


def request(number: int) -> TransactionReq:
    """Return what a driver who comes with a card makes the station ask for."""
    return TransactionReq(
        evse_id="DE*ABC*E1234*1",
        transaction_id=f"0c9a7d0e-6d3c-4a52-9d0b-{number:012}",
        identification_status=IdentificationStatus.ASSIGNED,
        identification_type=IdentificationType.ISO14443,
        identification_level=IdentificationLevel.HEARSAY,
        identification_data=f"04A2B3C4D5{number:04X}",
    )
