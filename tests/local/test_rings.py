"""What happened is kept, numbered and bounded, and those who watch are woken."""

import asyncio

from station.local.rings import LONGEST_FRAME, Events, Frames, Ring
from station.ocpp.redaction import Shown
from tests.fakes_clock import START


def test_the_newest_items_are_kept_with_numbers_that_only_grow():
    ring = Ring(2)
    for item in "abc":
        ring.add(item)
    assert ring.after() == [(2, "b"), (3, "c")]
    assert ring.after(2) == [(3, "c")]
    assert ring.number == 3


async def test_who_watches_is_woken_by_the_next_item_and_not_before():
    ring = Ring(2)
    ring.add("a")
    watchers = [asyncio.create_task(ring.news(1)) for _ in range(2)]
    await asyncio.sleep(1)
    assert not any(watcher.done() for watcher in watchers)
    ring.add("b")
    await asyncio.gather(*watchers)
    await ring.news(1)


def test_a_line_of_the_log_is_kept_in_its_parts():
    events = Events()
    events.take("station.evse", {"event": "fault_raised", "level": "warning", "timestamp": "t", "evse": 1})
    ((number, line),) = events.after()
    assert (number, line.at, line.level, line.logger, line.event) == (
        1,
        "t",
        "warning",
        "station.evse",
        "fault_raised",
    )
    assert line.fields == {"evse": 1}


def test_of_a_long_message_the_beginning_is_kept_and_its_secrets_stay_hidden():
    frames = Frames(lambda: START)
    long = '{"attributeValue":"hunter2","variable":{"name":"' + "x" * LONGEST_FRAME + 'BasicAuthPassword"}}'
    frames.take(True, Shown(long))
    ((_, frame),) = frames.after()
    assert len(repr(frame.shown)) < LONGEST_FRAME + 100
    assert "hunter2" not in repr(frame.shown)
    assert "more characters" in repr(frame.shown)
