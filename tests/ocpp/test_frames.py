"""Frames: text <-> messages."""

import json
import math
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.ocpp.frames import Call, Error, Malformed, Result, parse, to_text

ID_36 = "x" * 36


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[2,"a","Reset",{"type":"Immediate"}]', Call("a", "Reset", {"type": "Immediate"})),
        (f'[2,"{ID_36}","Reset",{{}}]', Call(ID_36, "Reset", {})),
        ('[3,"a",{}]', Result("a", {})),
        ('[4,"a","GenericError","no",{"x":1}]', Error("a", "GenericError", "no", {"x": 1})),
        (' [ 2 , "a" , "Reset" , [ ] ] ', Call("a", "Reset", [])),
    ],
)
def test_a_message_is_read(text: str, message: object) -> None:
    assert parse(text) == message


@pytest.mark.parametrize("tail", ["", ',""', ",null,null", ',"",null'])
def test_a_refusal_without_description_or_details_is_still_a_refusal(tail: str) -> None:
    assert parse(f'[4,"a","GenericError"{tail}]') == Error("a", "GenericError", "", {})


@pytest.mark.parametrize(
    ("frame", "reply_id", "code"),
    [
        ("", "-1", "RpcFrameworkError"),
        ("nonsense", "-1", "RpcFrameworkError"),
        ('[2,"a","Reset",{}', "-1", "RpcFrameworkError"),
        ('[2,"a","Reset",{}]]', "-1", "RpcFrameworkError"),
        ("{}", "-1", "RpcFrameworkError"),
        ("2", "-1", "RpcFrameworkError"),
        ("null", "-1", "RpcFrameworkError"),
        ("[]", "-1", "RpcFrameworkError"),
        ("[2]", "-1", "RpcFrameworkError"),
        ('[2,null,"Reset",{}]', "-1", "RpcFrameworkError"),
        ('[2,7,"Reset",{}]', "-1", "RpcFrameworkError"),
        ('[2,"","Reset",{}]', "-1", "RpcFrameworkError"),
        (f'[2,"{ID_36}x","Reset",{{}}]', "-1", "RpcFrameworkError"),
        ('[2,"a"]', "a", "RpcFrameworkError"),
        ('[2,"a","Reset"]', "a", "RpcFrameworkError"),
        ('[2,"a",7,{}]', "a", "RpcFrameworkError"),
        ('[2,"a","Reset",{},1]', "a", "RpcFrameworkError"),
        ('[2,"a","Reset",{"x":NaN}]', "-1", "RpcFrameworkError"),
        ('[2,"a","Reset",{"x":-Infinity}]', "-1", "RpcFrameworkError"),
        ('[2,"a","Reset",{"x":1e999}]', "-1", "RpcFrameworkError"),
        ('[2,"a","Reset",{"x":1e-99999999999999999999}]', "-1", "RpcFrameworkError"),
        ('[2,"a","Reset",{"x":' + "9" * 5000 + "}]", "-1", "RpcFrameworkError"),
        ('[2,"a","Reset",{"x":1,"x":2}]', "-1", "RpcFrameworkError"),
        ('[2,"a","Reset",{"x":{"y":1,"z":2,"y":1}}]', "-1", "RpcFrameworkError"),
        (r'[2,"a","\ud800",{}]', "-1", "RpcFrameworkError"),
        (r'[2,"a","Reset",{"\uDFFF":1.5}]', "-1", "RpcFrameworkError"),
        ('[2,"a","\ud800",{}]', "-1", "RpcFrameworkError"),
        ('[2,"a","Reset",' + "[" * 64 + "]" * 64 + "]", "-1", "RpcFrameworkError"),
        ('[2,"a","Reset",' + '{"x":' * 200_000, "-1", "RpcFrameworkError"),
        (b'[2,"a","Reset",{}]', "-1", "RpcFrameworkError"),
        (b"\xff\xfe", "-1", "RpcFrameworkError"),
        ('[1,"a","Reset",{}]', "a", "MessageTypeNotSupported"),
        ('[5,"a","GenericError","",{}]', "a", "MessageTypeNotSupported"),
        ('["2","a","Reset",{}]', "a", "MessageTypeNotSupported"),
        ('[true,"a","Reset",{}]', "a", "MessageTypeNotSupported"),
        ("[null]", "-1", "MessageTypeNotSupported"),
        (f'[6,"{ID_36}x"]', "-1", "MessageTypeNotSupported"),
    ],
)
def test_what_is_no_message_is_answered_as_part_4_says(frame: str | bytes, reply_id: str, code: str) -> None:
    malformed = parse(frame)
    assert isinstance(malformed, Malformed)
    assert malformed.reply is not None
    assert (malformed.reply.id, malformed.reply.code) == (reply_id, code)
    assert malformed.why


@pytest.mark.parametrize(
    ("frame", "answer_to"),
    [
        ('[3,"a"]', "a"),
        ('[3,"a",{},{}]', "a"),
        ("[3]", None),
        ("[3,7,{}]", None),
        ('[4,"a"]', "a"),
        ('[4,"a",7,"",{}]', "a"),
        ('[4,"a","GenericError",7,{}]', "a"),
        ('[4,"a","GenericError","",[]]', "a"),
        ('[4,"a","GenericError","",{},1]', "a"),
        ("[4]", None),
    ],
)
def test_a_malformed_answer_is_never_answered(frame: str, answer_to: str | None) -> None:
    malformed = parse(frame)
    assert isinstance(malformed, Malformed)
    assert malformed.reply is None
    assert malformed.answer_to == answer_to


def test_depth_counts_brackets_and_not_what_stands_in_texts() -> None:
    deepest = '[2,"a","Reset",' + "[" * 63 + "]" * 63 + "]"
    assert isinstance(parse(deepest), Call)
    in_texts = [2, "a", "DataTransfer", {"data": "[{" * 500 + '\\"[', "more": [{}] * 100}]
    assert isinstance(parse(json.dumps(in_texts)), Call)


def test_a_hostile_text_is_looked_through_in_reasonable_time() -> None:
    assert isinstance(parse('["' + '\\"' * 200_000 + "[" * 100), Malformed)
    assert isinstance(parse("[" + '"\\' * 200_000 + "[" * 100), Malformed)


@given(st.text() | st.binary() | st.text(alphabet='[]{}",:234\\u d8eE.-+ntaf', max_size=60))
def test_parse_never_raises(frame: str | bytes) -> None:
    assert isinstance(parse(frame), Call | Result | Error | Malformed)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_parse_never_raises_on_json(value: Any) -> None:
    assert isinstance(parse(json.dumps(value)), Call | Result | Error | Malformed)


@given(JSON.filter(lambda value: "\\ud" not in json.dumps(value).lower()))
def test_every_payload_comes_back_as_it_was_sent(payload: Any) -> None:
    message = Call("a", "DataTransfer", payload)
    assert parse(to_text(message)) == message


@pytest.mark.parametrize("digits", ["0.1", "1.50", "100", "-0.00", "1E+3", "12345678901234567890.123456789", "0E-7"])
def test_a_decimal_is_written_digit_by_digit(digits: str) -> None:
    assert to_text(Result("a", {"value": [Decimal(digits), {"x": Decimal(digits)}]})) == (
        f'[3,"a",{{"value":[{digits},{{"x":{digits}}}]}}]'
    )


@pytest.mark.parametrize("digits", ["16.1", "0.30000000000000004", "-1.5e-7", "1e22", "123456789012.25", "0.0"])
def test_a_number_that_a_float_holds_is_read_as_float(digits: str) -> None:
    result = parse(f'[3,"a",{digits}]')
    assert isinstance(result, Result)
    assert type(result.payload) is float
    assert Decimal(repr(result.payload)) == Decimal(digits)


@pytest.mark.parametrize(
    "digits", ["0.1234567890123456789", "16.100000000000001", "1e-400", "12345678901234567890.5"]
)
def test_a_number_that_a_float_would_alter_is_read_as_decimal(digits: str) -> None:
    result = parse(f'[3,"a",{digits}]')
    assert isinstance(result, Result)
    assert type(result.payload) is Decimal
    assert result.payload == Decimal(digits)


def test_large_integers_keep_their_digits() -> None:
    assert parse('[3,"a",123456789012345678901234567890]') == Result("a", 123456789012345678901234567890)


def test_text_is_compact_ascii() -> None:
    text = to_text(Call("a", "DataTransfer", {"data": "Ladesäule 🚗 \ud800"}))
    assert text == r'[2,"a","DataTransfer",{"data":"Lades\u00e4ule \ud83d\ude97 \ud800"}]'


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("Infinity")])
def test_what_json_has_no_number_for_is_not_written(value: object) -> None:
    with pytest.raises(ValueError, match=r"JSON|float"):
        to_text(Result("a", {"value": value}))


def test_what_json_has_no_form_for_is_not_written() -> None:
    with pytest.raises(TypeError, match="bytes"):
        to_text(Result("a", {"value": b"x"}))


def test_a_description_is_cut_to_255_characters() -> None:
    assert json.loads(to_text(Error("a", "GenericError", "ä" * 300)))[3] == "ä" * 255


@pytest.mark.parametrize("text", ['[2,"a","Reset",{}]', '[2,"a","DataTransfer",{"vendorId":"Ladesäule 🚗"}]'])
def test_a_call_knows_how_long_its_frame_was(text: str) -> None:
    call = parse(text)
    assert isinstance(call, Call)
    assert call.size_bytes == len(text.encode())


@pytest.mark.parametrize(
    "frame",
    [
        '[2,"a","Reset",[' + "0," * 500_000 + "0]]",
        '[2,"a","Reset",[' + "{}," * 300_000 + "{}]]",
        '[2,"a","Reset",{"x":' + "9" * 1_000_000 + "}]",
        '[2,"a","Reset",{"x":0.' + "1" * 1_000_000 + "}]",
        '[2,"a","Reset",[' + "1e-400," * 140_000 + "0]]",
        '[2,"a","Reset",{"x":"' + "\\u0041" * 160_000 + '"}]',
        '[2,"a","Reset",{' + ",".join(f'"{n}":0' for n in range(90_000)) + "}]",
        "[" * 1_000_000,
        '"' * 1_000_000,
        " " * 1_000_000,
    ],
)
def test_the_largest_hostile_frame_costs_a_second_at_most(frame: str) -> None:
    begun = time.process_time()
    parse(frame)
    assert time.process_time() - begun < 1
