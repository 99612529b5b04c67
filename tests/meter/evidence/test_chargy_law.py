"""A Chargy JSON file is believed only if the signature fits and every unsigned copy says the same."""

import json
from typing import Any

import pytest

from station.meter.codec import to_words
from station.meter.evidence.chargy_law import judge_entries, judge_entry
from station.meter.evidence.chargy_reader import Entry, read_chargy
from station.meter.evidence.findings import Finding, Outcome
from station.meter.evidence.law import Judgement
from station.meter.evidence.safe_xml import ReceiptError
from station.meter.snapshot import decode
from tests.meter.ocmf_builder import KEY
from tests.meter.snapshots import (
    EVSE,
    FIRST,
    LAST,
    ROWS,
    chargy_file,
    chargy_json,
    edited,
    freshly_signed,
    image,
    leaves,
    registers_of,
)
from tests.meter.vectors import DEMO_KEY

TREE = chargy_json()
BEGIN = ("signedMeterValues", 0)


def judged(data: bytes, known: dict[str, bytes] | None = None) -> Judgement:
    return judge_entries(*read_chargy(data), known=known or {})


def failures(data: bytes, **more: Any) -> list[Finding]:
    return [finding for finding in judged(data, **more).findings if finding.outcome is Outcome.FAILED]


def own(**changes: Any) -> bytes:
    """A begin with other values, signed by the tests' own key."""
    fields = {**ROWS["001BZR1521070006-4276"]["fields"], **changes}
    return freshly_signed(fields, decode("scs", to_words(image(fields))).signed)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("001BZR1521070006-4276", "001BZR1521070006-4277"),
        ("001BZR1521070006-22978", "001BZR1521070006-22979"),
        ("001BZR1521070003-22107", "001BZR1521070003-22108"),
        ("001BZR1521070003-305", "001BZR1521070003-306"),
        ("001BZR1521070006-134", "001BZR1521070006-135"),
    ],
)
def test_real_sessions_have_nothing_against_them(begin: str, end: str) -> None:
    data = chargy_file(registers_of(ROWS[begin]), registers_of(ROWS[end]))
    judgement = judged(data, {"configured": DEMO_KEY})
    assert {finding.outcome for finding in judgement.findings} == {Outcome.OK}
    assert judgement.exit_status == 0


def other(value: Any) -> list[Any]:
    """Values that are not this one."""
    if isinstance(value, int):
        return [value + 1, value ^ 0x100]
    return [value + "0", "0" + value[1:] if value[0] != "0" else "1" + value[1:], value[:-1]]


@pytest.mark.parametrize(
    ("path", "value"), [pytest.param(*leaf, id=".".join(map(str, leaf[0]))) for leaf in leaves(TREE)]
)
def test_no_single_value_in_a_file_can_be_edited_unnoticed(path: tuple[Any, ...], value: Any) -> None:
    for replacement in other(value):
        try:
            judgement = judged(edited(TREE, path, replacement))
        except ReceiptError:
            continue
        assert judgement.exit_status == 1, replacement


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("@id",), "001BZR1521070006-1", "@id says '001BZR1521070006-1', signed was '001BZR1521070006-4276'"),
        (("time",), "2022-07-08T10:00:29+02:00", "time says '2022-07-08T10:00:29+02:00'"),
        (("time",), "2022-07-08T10:00:28+01:00", "time says"),
        (("time",), "2022-07-08T10:00:28.5+02:00", "time says"),
        (("time",), "yesterday", "time says 'yesterday'"),
        (("time",), 5, "time says '5'"),
        (("meterInfo", "meterId"), "001BZR1521070007", "meterId says '001BZR1521070007'"),
        (("measurementId",), 4275, "measurementId says '4275', signed was '4276'"),
        (("contract", "id"), "other", "contract says 'rfid:other', signed was 'rfid:12345678abcdef'"),
        (("contract", "type"), "sms", "contract says 'sms:12345678abcdef'"),
        (("contract",), "somebody", "contract says 'somebody'"),
        (("value", "measurand", "id"), "1-0:1.8.0*255", "measurand says '1-0:1.8.0*255'"),
        (("value", "measuredValue", "unit"), "KILOWATT_HOUR", "unit of RCR says 'KILOWATT_HOUR'"),
        (("additionalValues", 1, "measuredValue", "unit"), "KILOWATT_HOUR", "unit of TotWhImp says 'KILOWATT_HOUR'"),
    ],
)
def test_a_forged_copy_is_named_although_the_signature_fits(path: tuple[Any, ...], value: Any, told: str) -> None:
    (finding,) = failures(edited(TREE, BEGIN + path, value))
    assert finding.check == "unsigned_copy"
    assert told in finding.sentence
    assert finding.exit_status == 1


def test_a_forged_place_is_named_for_both_entries() -> None:
    found = failures(edited(TREE, ("placeInfo", "evseId"), "DE*OTHER*E1"))
    assert [finding.check for finding in found] == ["unsigned_copy"] * 2
    assert f"evseId says 'DE*OTHER*E1', signed was {EVSE!r}" in found[0].sentence


def test_a_contract_or_a_time_that_nobody_signed_is_named() -> None:
    container = chargy_json(registers_of(ROWS["001BZR1521070003-22107"]))
    container["signedMeterValues"][0]["contract"] = {"type": "rfid", "id": "12345678abcdef"}
    (entry, _) = read_chargy(json.dumps(container).encode())
    (finding,) = (one for one in judge_entry(entry).findings if one.outcome is Outcome.FAILED)
    assert "signed was 'nothing'" in finding.sentence
    no_clock = chargy_json(own(Epoch=None, TZO=None))
    no_clock["signedMeterValues"][0]["time"] = "2022-07-08T10:00:28+02:00"
    (entry, _) = read_chargy(json.dumps(no_clock).encode())
    checks = [one.check for one in judge_entry(entry, known={"given": KEY}).findings if one.outcome is Outcome.FAILED]
    assert "unsigned_copy" in checks


def test_a_value_that_was_added_is_named() -> None:
    container = chargy_json()
    added = {"measurand": {"name": "Price"}, "measuredValue": {"value": 1}}
    container["signedMeterValues"][0]["additionalValues"].append(added)
    (finding,) = failures(json.dumps(container).encode())
    assert finding.check == "nothing_added"
    assert "Price" in finding.sentence
    assert finding.exit_status == 1


@pytest.mark.parametrize("name", ["manufacturer", "type", "firmwareVersion"])
def test_two_descriptions_of_one_meter_are_found(name: str) -> None:
    (finding,) = failures(edited(TREE, (*BEGIN, "meterInfo", name), "X"))
    assert finding.check == "same_meter_info"


def entry(begin: bytes, key: bytes = KEY) -> Entry:
    return read_chargy(chargy_file(begin, key=key))[0]


def checks(of: Entry, **more: Any) -> set[str]:
    return {finding.check for finding in judge_entry(of, **more).findings if finding.outcome is Outcome.FAILED}


@pytest.mark.parametrize(
    ("begin", "failed"),
    [
        (own(), set()),
        (own(Evt=1 << 16), {"event_bits"}),
        (own(Epoch=None, TZO=None), {"clock"}),
    ],
)
def test_what_a_snapshot_says_against_itself_is_named_alone(begin: bytes, failed: set[str]) -> None:
    assert checks(entry(begin)) == failed


def test_keys_are_compared_and_the_known_one_decides() -> None:
    assert checks(entry(own()), known={"configured": DEMO_KEY}) == {"signature", "key_known"}
    assert checks(entry(own(), DEMO_KEY), known={"configured": KEY}) == {"key_known"}
    assert checks(entry(own(), DEMO_KEY)) == {"signature"}
    bad = DEMO_KEY[:-1] + b"\0"
    assert checks(entry(own()), known={"configured": bad}) == {"signature", "key_known"}


def test_without_a_key_nothing_is_proven() -> None:
    container = chargy_json()
    for one in container["signedMeterValues"]:
        del one["meterInfo"]["publicKey"]
    judgement = judged(json.dumps(container).encode())
    assert judgement.exit_status == 2
    assert judgement.failed == ()


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"MA1": "001BZR1521070007"}, "same_meter"),
        ({"RCnt": 4270}, "counters_consecutive"),
        ({"RCnt": 4277}, "counter_order"),
        ({"Epoch": 1657267553}, "time_order"),
        ({"Meta1": "contract-id: rfid:other"}, "same_identification"),
        ({"RCR": 1}, "begins_at_zero"),
        ({"TotWhImp": 9980}, "registers_agree"),
        ({"Typ": 0}, "kinds"),
    ],
)
def test_what_does_not_fit_in_a_pair_is_named(change: dict[str, Any], failed: str) -> None:
    judgement = judged(chargy_file(own(**change), LAST))
    assert failed in judgement.failed
    assert [finding.check for finding in judgement.together if finding.outcome is Outcome.FAILED] == [failed]


def test_a_kind_that_does_not_exist_is_no_begin() -> None:
    judgement = judged(edited(TREE, (*BEGIN, "additionalValues", 0, "measuredValue", "value"), 7))
    assert {"signature", "kinds"} <= set(judgement.failed)


def test_a_file_of_one_meter_twice_is_one_record_twice() -> None:
    assert "counter_order" in judged(chargy_file(FIRST, FIRST)).failed
