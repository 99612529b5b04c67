"""Somebody who charges, and what the meter is to sign for that."""

from dataclasses import replace

from station.core.metadata import Filled, Templates, fill
from station.core.powermeter import TransactionReq
from station.core.records import Metadata

TRANSACTION = "5d0b4a3e-6f0c-4a6e-9c7e-1f2a3b4c5d6e"
REQUEST = TransactionReq(
    evse_id="DE*BDO*E8025334492*2", transaction_id=TRANSACTION, identification_data="12345678abcdef"
)
METADATA = Metadata("contract-id: rfid:12345678abcdef", "evse-id: DE*BDO*E8025334492*2", "csc-sw-version: v1.2.34")
"""What comes of REQUEST."""
STRANGER = replace(REQUEST, identification_data="deadbeef")


def filled(request: TransactionReq) -> Filled:
    """Return the metadata for a request, as the station's templates would."""
    return fill(Templates(), request, version="v1.2.34")
