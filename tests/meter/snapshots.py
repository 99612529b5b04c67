"""Published snapshots as registers, and Chargy JSON files made of them."""

import json
from collections.abc import Iterator
from typing import Any

from station.meter.codec import Value, encode, to_bytes
from station.meter.evidence.chargy import Nameplate, compose_chargy
from station.meter.registers import MODELS
from tests.meter.ocmf_builder import signature_of
from tests.meter.vectors import DEMO_KEY, vectors

NAMEPLATE = Nameplate("BAUER Electronic", "BSM-WS36A-H01-1311-0000", "1.9:32CA:AFF4, f1d3d06")
ROWS = {row["id"]: row for row in vectors()["snapshots"]}
IMAGES = {name: bytes.fromhex(row["payload_hex"]) for name, row in ROWS.items() if row["payload_hex"]}
FIRST, LAST = IMAGES["001BZR1521070006-4276"], IMAGES["001BZR1521070006-4277"]
EVSE = "DE*BDO*E8025334492*2"


def registers_of(row: dict[str, Any]) -> bytes:
    """The registers of a published snapshot, made from its fields if no image was published."""
    signature = bytes.fromhex(row["signature_der_hex"])
    fields = {"St": 0, "W_SF": 1, **row["fields"], "NSig": 48, "BSig": len(signature), "Sig": signature}
    return bytes.fromhex(row["payload_hex"]) if row["payload_hex"] else image(fields)


def image(fields: dict[str, Value]) -> bytes:
    """The registers that hold these values."""
    rows = list(MODELS["scs"].points.values())[2:]
    return to_bytes([word for point in rows for word in encode(point, fields.get(point.name))])


def freshly_signed(fields: dict[str, Value], signed: bytes) -> bytes:
    """The registers with a signature by the tests' own key."""
    signature = signature_of(signed)
    return image({**fields, "NSig": 48, "BSig": len(signature), "Sig": signature})


def chargy_file(begin: bytes = FIRST, end: bytes = LAST, *, key: bytes = DEMO_KEY, evse_id: str = EVSE) -> bytes:
    return compose_chargy(begin, end, public_key=key, meter=NAMEPLATE, evse_id=evse_id)


def chargy_json(*images: bytes) -> dict[str, Any]:
    return json.loads(chargy_file(*images))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value in a JSON tree that is neither list nor object, with the way to it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        yield path, value
        return
    for key, child in inner:
        yield from leaves(child, (*path, key))


def edited(tree: Any, path: tuple[Any, ...], value: Any) -> bytes:
    """The file with one value replaced."""
    tree = json.loads(json.dumps(tree))
    target = tree
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return json.dumps(tree).encode()
