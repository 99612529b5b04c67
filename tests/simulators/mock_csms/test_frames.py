import pytest

from simulators.mock_csms.frames import Kind, read


def test_the_three_kinds_of_frames_are_told_apart() -> None:
    assert read('[2,"1","Heartbeat",{}]').kind is Kind.CALL
    assert read('[2,"1","Heartbeat",{}]').action == "Heartbeat"
    assert read('[3,"1",{"a":1}]').payload == {"a": 1}
    error = read('[4,"1","GenericError","why",{"x":1}]')
    assert error.kind is Kind.CALLERROR
    assert error.payload == {"code": "GenericError", "description": "why", "details": {"x": 1}}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"),
        ("[2,", "no JSON"),
        ('[2,"1","Heartbeat",{"a":NaN}]', "NaN"),
        ("[" * 100_000, "no JSON"),
        ("{}", "no JSON array"),
        ("[]", "no JSON array"),
        ('[5,"1",{}]', "message type 5"),
        ('[true,"1",{}]', "message type True"),
        ('[[2],"1",{}]', "message type [2]"),
        ('[2,"1","Heartbeat"]', "3 elements: 4 expected"),
        ('[3,"1"]', "2 elements: 3 expected"),
        ('[4,"1","GenericError","",null]', "CALLERROR without"),
        ('[2,7,"Heartbeat",{}]', "message id 7"),
        ('[2,"1",7,{}]', "action 7"),
        (b"[2]", "binary frame"),
    ],
)
def test_a_frame_that_cannot_be_read_says_why(text: str | bytes, why: str) -> None:
    frame = read(text)
    assert frame.kind is None
    assert frame.problem is not None
    assert why in frame.problem


def test_a_message_id_of_37_characters_is_read_and_noted() -> None:
    frame = read(f'[2,"{"x" * 37}","Heartbeat",{{}}]')
    assert frame.kind is Kind.CALL
    assert frame.problem == "message id of 37 characters: 1 to 36 allowed"
