"""Lines and messages are listed as they were asked for."""

import json
from typing import Any

from station.local.listing import listed_events, listed_messages
from station.local.rings import Events, Frames
from station.ocpp.redaction import Shown
from station.secret import Secret
from tests.fakes import NOON


def an_event(events: Events, name: str, level: str = "info", **fields: Any) -> None:
    events.take("station.test", {"timestamp": "2026-12-01T12:00:00.000Z", "level": level, "event": name, **fields})


def names(events: Events, **wanted: Any) -> list[str]:
    return [line["event"] for line in listed_events(events, **wanted)]


def test_lines_are_filtered_by_level_text_and_number() -> None:
    events = Events()
    an_event(events, "poll", "debug")
    an_event(events, "card_read", reader="front")
    an_event(events, "problem_appeared", "warning", component="RCD")
    an_event(events, "crashed", "error")
    an_event(events, "burning", "critical")
    assert names(events) == ["poll", "card_read", "problem_appeared", "crashed", "burning"]
    assert names(events, level="warning") == ["problem_appeared", "crashed", "burning"]
    assert names(events, text="READER=front") == ["card_read"]
    assert names(events, text="rcd", level="error") == []
    assert names(events, after=3) == ["crashed", "burning"]
    assert [line["number"] for line in listed_events(events, level="error")] == [4, 5]


def test_a_line_is_json_whatever_it_names() -> None:
    events = Events()
    an_event(events, "odd", secret=Secret("x"), items=(1, {"a": NOON}), nothing=None, share=0.5, on=True)
    [line] = listed_events(events)
    assert json.loads(json.dumps(line))["fields"] == {
        "secret": "***",
        "items": [1, {"a": str(NOON)}],
        "nothing": None,
        "share": 0.5,
        "on": True,
    }


def some_frames() -> Frames:
    frames = Frames(lambda: NOON)
    for sent, frame in (
        (True, '[2,"a1","Heartbeat",{}]'),
        (False, '[2,"b1","SetVariables",{"setVariableData":[]}]'),
        (False, '[3,"a1",{"currentTime":"2026-12-01T12:00:00Z"}]'),
        (True, '[2,"a2","Authorize",{"idToken":{"idToken":"04A1B2C3","type":"ISO14443"}}]'),
        (True, '[3,"b1",{"setVariableResult":[]}]'),
        (False, '[4,"a2","SecurityError","",{}]'),
        (False, "garbage"),
        (False, '[2,"a1","Reset",{}]'),
    ):
        frames.take(sent, Shown(frame))
    return frames


def numbers(frames: Frames, **wanted: Any) -> list[int]:
    return [message["number"] for message in listed_messages(frames, **wanted)]


def test_a_request_is_listed_with_its_answer() -> None:
    frames = some_frames()
    assert numbers(frames) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert numbers(frames, action="heartbeat") == [1, 3]
    assert numbers(frames, action="SetVariables") == [2, 5]
    assert numbers(frames, action="Authorize") == [4, 6]
    assert numbers(frames, action="SecurityError") == []


def test_messages_are_filtered_by_text_and_number_and_show_no_token() -> None:
    frames = some_frames()
    assert numbers(frames, text="CURRENTTIME") == [3]
    assert numbers(frames, after=5) == [6, 7, 8]
    assert numbers(frames, text="04A1B2C3") == []
    [message] = listed_messages(frames, text="Authorize")
    assert (message["sent"], message["at"]) == (True, NOON.isoformat())
    assert "***" in message["text"]
