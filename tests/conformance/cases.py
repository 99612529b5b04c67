"""Cases: the test cases of the official programme in these blocks, and those that this station cannot have."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parents[1] / "data" / "conformance_cases.csv"

SKIPPED: Final = {
    "TC_B_24_CS": "no reservations here: ReserveNow is NotSupported",
    "TC_B_28_CS": "for stations that cannot reset a single EVSE; this one can (EVSE.AllowReset is true)",
    **dict.fromkeys(
        ("TC_C_52_CS", "TC_C_53_CS", "TC_C_54_CS", "TC_C_55_CS"),
        "no vehicle can show a contract certificate: the charge controller speaks IEC 61851-1, not ISO 15118",
    ),
    "TC_E_46_CS": "no vehicle can end a session by messages: the charge controller speaks IEC 61851-1, not ISO 15118",
    "TC_F_16_CS": "no log upload: GetLog is NotSupported",
    "TC_F_19_CS": "no firmware updates: UpdateFirmware is NotSupported",
    "TC_M_26_CS": "no vehicle can ask: the charge controller speaks IEC 61851-1, not ISO 15118",
    "TC_P_04_CS": "no smart charging, which the case requires",
}
"""Why a case is not run."""


@dataclass(frozen=True, slots=True)
class Case:
    """A test case."""

    id: str
    block: str
    title: str
    requirements: str
    """Ids, separated by blanks."""


def cases() -> list[Case]:
    with DATA.open(encoding="utf-8") as file:
        return [Case(**row) for row in csv.DictReader(file)]
