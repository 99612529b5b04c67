"""Payloads that a station sends, and signed values of a real meter (tests/data/vectors.json)."""

import base64
import json
from pathlib import Path
from typing import Any

_VECTORS = json.loads((Path(__file__).parents[2] / "data" / "vectors.json").read_text())

OCMF: dict[str, str] = {entry["id"]: entry["ocmf"] for entry in _VECTORS["ocmf"]}
BEGIN = OCMF["001BZR1521070006-T4276-B"]
END = OCMF["001BZR1521070006-T4277-E"]
CURRENT = OCMF["001BZR1521070006-T4278-C"]
OTHER_METER_END = OCMF["001BZR1521070003-T22108-E"]
SERIAL = "001BZR1521070006"
BEGIN_WH, END_WH = 99840, 100000

DEMO_KEY: str = _VECTORS["keys"]["demo"]["der"]
SENT_KEY: str = _VECTORS["oca_public_key"]["field_value"]
OCA_EXAMPLE: dict[str, str] = {
    key: _VECTORS["oca_signed_meter_value"][key]
    for key in ("signedMeterData", "signingMethod", "encodingMethod", "publicKey")
}
ALTERED_TEXTS = {entry["name"]: entry for entry in _VECTORS["negative"] if "signed_text" in entry}
"""Texts that look like OCMF payloads and must not verify."""

BOOT = {"reason": "PowerUp", "chargingStation": {"model": "CS", "vendorName": "Acme"}}


def signed(ocmf: str, *, key: str = "", **members: str) -> dict[str, str]:
    return {
        "signedMeterData": base64.b64encode(ocmf.encode()).decode(),
        "signingMethod": "",
        "encodingMethod": "OCMF",
        "publicKey": key,
        **members,
    }


def sample(context: str, value: float, ocmf: str | None = None, *, key: str = "", **members: Any) -> dict[str, Any]:
    signature = {} if ocmf is None else {"signedMeterValue": signed(ocmf, key=key)}
    return {"value": value, "context": context, "measurand": "Energy.Active.Import.Register", **signature, **members}


def begin_sample(*, key: str = "") -> dict[str, Any]:
    return sample("Transaction.Begin", BEGIN_WH, BEGIN, key=key)


def end_sample(*, key: str = "") -> dict[str, Any]:
    return sample("Transaction.End", END_WH, END, key=key)


def event(
    seq_no: int,
    *samples: dict[str, Any],
    kind: str = "",
    tx: str = "tx-1",
    info: dict[str, Any] | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """A TransactionEventRequest: Started for seqNo 0, else Updated, unless `kind` says otherwise."""
    kind = kind or ("Started" if seq_no == 0 else "Updated")
    moment = f"2026-01-01T10:{seq_no:02}:00Z"
    values = {"meterValue": [{"timestamp": moment, "sampledValue": list(samples)}]} if samples else {}
    return {
        "eventType": kind,
        "timestamp": moment,
        "triggerReason": "Authorized",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": tx, **(info or {})},
        **values,
        **rest,
    }
