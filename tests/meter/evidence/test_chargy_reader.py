"""Chargy JSON as it is read: strictly, for two readers of a file must never see two different things."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.meter.evidence.chargy_reader import looks_like_chargy, read_chargy
from station.meter.evidence.safe_xml import ReceiptError
from tests.meter.snapshots import EVSE, ROWS, chargy_file, chargy_json, image
from tests.meter.vectors import DEMO_KEY


def with_entry(change: Callable[[dict[str, Any]], object]) -> bytes:
    container = chargy_json()
    change(container["signedMeterValues"][0])
    return json.dumps(container).encode()


def measured(entry: dict[str, Any], name: str) -> dict[str, Any]:
    values = [entry["value"], *entry["additionalValues"]]
    return next(value["measuredValue"] for value in values if value["measurand"]["name"] == name)


def test_a_file_is_read_back() -> None:
    begin, end = read_chargy(chargy_file())
    assert (begin.numbers["Typ"], end.numbers["Typ"]) == (1, 2)
    assert (begin.watt_hours("TotWhImp"), end.watt_hours("RCR")) == (99840, 150)
    assert (begin.texts["MA1"], begin.numbers["RCnt"]) == ("001BZR1521070006", 4276)
    assert begin.metadata == ("contract-id: rfid:12345678abcdef", f"evse-id: {EVSE}", "csc-sw-version: v1.2.34")
    assert begin.taken_at == datetime(2022, 7, 8, 8, 0, 28, tzinfo=UTC)
    assert begin.taken_at is not None
    assert begin.taken_at.isoformat() == "2022-07-08T10:00:28+02:00"
    assert begin.key == DEMO_KEY
    assert begin.unsigned == ()
    assert {copy.name for copy in begin.copies} == {
        "@id", "time", "meterId", "measurementId", "contract", "measurand", "unit of RCR", "evseId",
    }  # fmt: skip
    assert all(copy.claimed == copy.signed for copy in begin.copies)


def test_a_scale_that_is_missing_is_zero_and_a_number_may_be_written_as_text() -> None:
    def change(entry: dict[str, Any]) -> None:
        del measured(entry, "Typ")["scale"]
        measured(entry, "OS")["value"] = str(measured(entry, "OS")["value"])
        entry["measurementId"] = str(entry["measurementId"])

    original, read = read_chargy(chargy_file())[0], read_chargy(with_entry(change))[0]
    assert (read.signed, read.copies) == (original.signed, original.copies)


def test_copies_that_are_left_out_are_not_missed() -> None:
    def change(entry: dict[str, Any]) -> None:
        for name in ("@id", "time", "contract", "measurementId"):
            del entry[name]

    assert {copy.name for copy in read_chargy(with_entry(change))[0].copies} == {
        "meterId", "measurand", "unit of RCR", "evseId",
    }  # fmt: skip


def test_an_unset_clock_is_no_time() -> None:
    fields = ROWS["001BZR1521070006-4276"]["fields"]
    assert read_chargy(chargy_file(image({**fields, "Epoch": None, "TZO": None})))[0].taken_at is None
    alone = read_chargy(chargy_file(image({**fields, "TZO": None})))[0]
    assert alone.taken_at == datetime(2022, 7, 8, 8, 0, 28, tzinfo=UTC)


def test_a_place_is_found_wherever_it_stands() -> None:
    container = chargy_json()
    container["chargePointInfo"] = {"places": [{"evseId": "elsewhere"}]}
    copies = read_chargy(json.dumps(container).encode())[0].copies
    assert {copy.claimed for copy in copies if copy.name == "evseId"} == {EVSE, "elsewhere"}


def test_values_that_the_meter_does_not_sign_are_named() -> None:
    added = {"measurand": {"name": "Price"}, "measuredValue": {"value": 1}}
    entry = read_chargy(with_entry(lambda entry: entry["additionalValues"].append(added)))[0]
    assert entry.unsigned == ("Price",)


def test_a_key_may_be_left_out() -> None:
    assert read_chargy(with_entry(lambda entry: entry["meterInfo"].pop("publicKey")))[0].key is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda e: e.update({"@context": "other"}), "signedMeterValues 1: @context .*bsm-ws36a"),
        (lambda e: e.pop("signature"), "'signature' is missing"),
        (lambda e: e.update(signature="xyz"), "signedMeterValues 1: "),
        (lambda e: e.pop("meterInfo"), "'meterInfo' is missing"),
        (lambda e: e.update(meterInfo=[]), "meterInfo: JSON object expected"),
        (lambda e: e["meterInfo"].update(publicKey="abc"), "publicKey: a P-256"),
        (lambda e: e.update(additionalValues={}), "additionalValues: list expected"),
        (lambda e: e["additionalValues"].pop(), "'Evt' is missing"),
        (lambda e: e["additionalValues"].append(e["additionalValues"][0]), "a value stands twice"),
        (lambda e: e["additionalValues"].append(e["value"]), "a value stands twice"),
        (lambda e: e["additionalValues"].append("x"), "signedMeterValues 1: "),
        (lambda e: e["value"]["measurand"].update(name="W"), "value stands twice"),
        (lambda e: e["value"]["measurand"].update(name="X"), "value: RCR expected, got X"),
        (lambda e: measured(e, "OS").update(valueType="Integer32"), "OS: valueType UnsignedInteger32 expected"),
        (lambda e: measured(e, "MA1").update(valueType="UnsignedInteger32"), "MA1: valueType String expected"),
        (lambda e: measured(e, "MA1").update(value=5), "MA1: text expected"),
        (lambda e: measured(e, "Meta1").update(value="€"), "signedMeterValues 1: "),
        (lambda e: measured(e, "Meta1").update(value="\ud800"), "signedMeterValues 1: "),
        (lambda e: measured(e, "RCR").update(unitEncoded=27), "RCR: unitEncoded 30 expected"),
        (lambda e: measured(e, "OS").pop("unitEncoded"), "OS: unitEncoded 7 expected"),
        (lambda e: measured(e, "OS").update(value=1.0), "OS: a number of type"),
        (lambda e: measured(e, "DI").update(value=True), "DI: a number of type"),
        (lambda e: measured(e, "OS").update(value=-1), "OS: a number of type"),
        (lambda e: measured(e, "OS").update(value=1 << 32), "OS: a number of type"),
        (lambda e: measured(e, "W").update(value=1 << 31), "W: a number of type"),
        (lambda e: measured(e, "OS").update(value="0519243"), "OS: a number of type"),
        (lambda e: measured(e, "OS").update(value="many"), "signedMeterValues 1: "),
        (lambda e: measured(e, "RCR").update(scale=128), "RCR: scale 128"),
        (lambda e: measured(e, "RCR").update(scale=True), "RCR: scale True"),
        (lambda e: measured(e, "OS").update(scale=1), "OS: scale 1"),
        (lambda e: measured(e, "TZO").update(value=5000), "signedMeterValues 1: "),
    ],
)  # fmt: skip
def test_entries_of_another_form_are_refused_by_what_is_wrong(
    change: Callable[[dict[str, Any]], object], complaint: str
) -> None:
    with pytest.raises(ReceiptError, match=complaint):
        read_chargy(with_entry(change))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "no readable JSON"),
        (b"{", "no readable JSON"),
        (b"\xff", "no readable JSON"),
        (b"[" * 100_000, "no readable JSON"),
        (b'{"a":1,"a":2}', "a key stands twice"),
        (b"[]", "no Chargy JSON"),
        (b"{}", "no Chargy JSON"),
        (chargy_file().replace(b"signedMeterValues", b"others"), "no signedMeterValues"),
        (json.dumps({**chargy_json(), "signedMeterValues": []}).encode(), "no signedMeterValues"),
        (json.dumps({**chargy_json(), "signedMeterValues": ["x"]}).encode(), "signedMeterValues 1: @context"),
    ],
)
def test_files_that_are_no_chargy_json_are_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(ReceiptError, match=complaint):
        read_chargy(data)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_whatever_stands_somewhere_in_a_file_it_is_read_or_refused(data: st.DataObject) -> None:
    container = chargy_json()
    target: Any = container
    while True:
        keys = list(target) if isinstance(target, dict) else list(range(len(target)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(target[key], (dict, list)) or not target[key] or data.draw(st.booleans()):
            break
        target = target[key]
    target[key] = data.draw(ANYTHING)
    with suppress(ReceiptError):
        read_chargy(json.dumps(container).encode())


@pytest.mark.parametrize(
    ("data", "answer"),
    [(chargy_file(), True), (b"\xef\xbb\xbf \n{", True), (b"OCMF|{", False), (b"<values/>", False), (b"", False)],
)
def test_json_is_told_from_the_other_forms(data: bytes, answer: bool) -> None:
    assert looks_like_chargy(data) is answer
    if answer and len(data) > 10:
        assert len(read_chargy(b"\xef\xbb\xbf" + data)) == 2
