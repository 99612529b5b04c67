"""Chargy JSON as it is written."""

import json
from typing import Any

import pytest

from station.meter.evidence.chargy import CONTAINER, ENTRY, FIELDS, compose_chargy, contract_in, evse_id_in
from station.meter.evidence.chargy_reader import read_chargy
from station.meter.evidence.safe_xml import ReceiptError
from station.meter.signature import is_signed_by
from tests.meter.snapshots import EVSE, FIRST, LAST, NAMEPLATE, ROWS, chargy_file, chargy_json, image, registers_of
from tests.meter.vectors import DEMO_KEY, named, vectors


def test_a_file_holds_begin_and_end_of_one_place() -> None:
    container = chargy_json()
    assert container["@context"] == CONTAINER
    assert container["placeInfo"] == {"evseId": EVSE}
    assert [entry["@id"] for entry in container["signedMeterValues"]] == [
        "001BZR1521070006-4276", "001BZR1521070006-4277",
    ]  # fmt: skip


def test_an_entry_tells_what_was_signed_and_repeats_it_for_readers() -> None:
    entry = chargy_json()["signedMeterValues"][1]
    assert entry["@context"] == ENTRY
    assert entry["time"] == "2022-07-08T10:05:52+02:00"
    assert entry["meterInfo"] == {
        "firmwareVersion": "1.9:32CA:AFF4, f1d3d06",
        "publicKey": DEMO_KEY.hex(),
        "meterId": "001BZR1521070006",
        "manufacturer": "BAUER Electronic",
        "type": "BSM-WS36A-H01-1311-0000",
    }
    assert entry["contract"] == {"type": "rfid", "id": "12345678abcdef"}
    assert entry["measurementId"] == 4277
    assert entry["value"] == {
        "measurand": {"id": "1-0:1.8.0*198", "name": "RCR"},
        "measuredValue": {
            "scale": 1, "unit": "WATT_HOUR", "unitEncoded": 30, "value": 15, "valueType": "UnsignedInteger32",
        },
    }  # fmt: skip
    assert entry["signature"] == ROWS["001BZR1521070006-4277"]["signature_der_hex"]


def test_the_other_values_stand_in_the_order_of_the_hash() -> None:
    entry = chargy_json()["signedMeterValues"][0]
    values = {value["measurand"]["name"]: value["measuredValue"] for value in entry["additionalValues"]}
    assert list(values) == [name for name in vectors()["hash_field_order"] if name != "RCR"]
    assert [field.name for field in FIELDS] == vectors()["hash_field_order"]
    assert values["TZO"] == {"scale": 0, "unitEncoded": 6, "value": 120, "valueType": "Integer32"}
    assert values["MA1"] == {"value": "001BZR1521070006", "valueType": "String"}


@pytest.mark.parametrize("row", **named(vectors()["snapshots"]))
def test_the_values_alone_give_the_bytes_that_every_published_meter_signed(row: dict[str, Any]) -> None:
    (entry, _) = read_chargy(chargy_file(registers_of(row)))
    assert entry.signed.hex() == row["hash_input_hex"]
    assert is_signed_by(bytes.fromhex(row["public_key_der_hex"]), entry.signed, entry.signature) is row["expected"]


def test_without_a_contract_or_a_place_in_the_metadata_none_is_claimed_to_be_signed() -> None:
    begin = registers_of(ROWS["001BZR1521070003-22107"])
    container = json.loads(chargy_file(begin, evse_id="DE*ABC*E1"))
    assert "contract" not in container["signedMeterValues"][0]
    assert container["placeInfo"] == {"evseId": "DE*ABC*E1"}


def test_the_place_that_the_meter_signed_wins() -> None:
    assert json.loads(chargy_file(evse_id="DE*ABC*E1"))["placeInfo"] == {"evseId": EVSE}


def test_an_unset_clock_gives_no_time() -> None:
    begin = image({**ROWS["001BZR1521070006-4276"]["fields"], "Epoch": None, "TZO": None})
    entry = chargy_json(begin)["signedMeterValues"][0]
    values = {value["measurand"]["name"]: value["measuredValue"]["value"] for value in entry["additionalValues"]}
    assert "time" not in entry
    assert (values["Epoch"], values["TZO"]) == (0xFFFFFFFF, -0x8000)


def test_letters_beyond_ascii_survive() -> None:
    begin = image({**ROWS["001BZR1521070006-4276"]["fields"], "Meta1": "Jürgen\x85"})
    assert "Jürgen" in chargy_file(begin).decode()
    assert read_chargy(chargy_file(begin))[0].texts["Meta1"] == "Jürgen\x85"


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"St": 1}, "begin: the meter does not call this snapshot valid"),
        ({"Typ": 9}, "begin: these registers are no snapshot"),
        ({"RCnt": None}, "begin: these registers are no snapshot"),
        ({"TZO": 5000}, "time cannot be told"),
    ],
)
def test_what_is_no_valid_snapshot_makes_no_file(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ReceiptError, match=complaint):
        chargy_file(image({**ROWS["001BZR1521070006-4276"]["fields"], **fields}))


@pytest.mark.parametrize(
    ("begin", "end", "complaint"),
    [
        (b"", LAST, "registers of the begin snapshot were not kept"),
        (FIRST, b"", "registers of the end snapshot were not kept"),
        (FIRST, LAST[:-2], "end: these registers are no snapshot"),
        (FIRST[:-1], LAST, "begin: these registers are no snapshot"),
    ],
)
def test_registers_that_are_missing_make_no_file(begin: bytes, end: bytes, complaint: str) -> None:
    with pytest.raises(ReceiptError, match=complaint):
        compose_chargy(begin, end, public_key=DEMO_KEY, meter=NAMEPLATE, evse_id="")


@pytest.mark.parametrize(
    ("metadata", "contract"),
    [
        (["contract-id: rfid:12345678abcdef"], ("rfid", "12345678abcdef")),
        (["", "contract-id: sms:017012345"], ("sms", "017012345")),
        (["evse-id: E1, contract-id: rfid:6ba608c2, x: y"], ("rfid", "6ba608c2")),
        (["contract-id: rfid:DE*ABC*1:2"], ("rfid", "DE*ABC*1:2")),
        (["contract-id: rfid:"], None),
        (["contract-id: 12345678"], None),
        (["no-contract-id: rfid:1"], None),
        (["", "", ""], None),
    ],
)
def test_a_contract_is_read_out_of_any_field(metadata: list[str], contract: tuple[str, str] | None) -> None:
    assert contract_in(*metadata) == contract


@pytest.mark.parametrize(
    ("metadata", "evse_id"),
    [
        (["evse-id: DE*BDO*E8025334492*2"], EVSE),
        (["contract-id: rfid:1", "evse-id:DE*BDO*E8025334492*2"], EVSE),
        (["a: b,evse-id: X;c"], "X"),
        (["other-evse-id: X"], None),
        (["evse-id: "], None),
    ],
)
def test_a_place_is_read_out_of_any_field(metadata: list[str], evse_id: str | None) -> None:
    assert evse_id_in(*metadata) == evse_id
