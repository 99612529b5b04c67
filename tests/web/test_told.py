"""Log and messages, as the API tells them."""

from station.local.rings import LONGEST_FRAME, Events, Frames
from station.ocpp.redaction import Shown
from station.web.told import event_views, message_views
from tests.fakes_clock import FakeClock


def test_a_message_without_end_is_cut() -> None:
    frames = Frames(FakeClock().now)
    frames.take(True, Shown(f'[2,"1","NotifyReport",{{"reportData":"{"x" * (2 * LONGEST_FRAME)}"}}]'))
    frames.take(True, Shown('[2,"2","Heartbeat",{}]'))
    long, short = message_views(frames.after())
    assert len(long.text) < LONGEST_FRAME + 50
    more = len('[2,"1","NotifyReport",{"reportData":""}]') + LONGEST_FRAME
    assert long.text.endswith(f"... ({more} more characters)")
    assert short.text == '[2,"2","Heartbeat",{}]'


def test_what_is_masked_stays_masked_in_what_is_cut() -> None:
    frames = Frames(FakeClock().now)
    card = '"idToken":{"idToken":"04A2B3C4D5E6","type":"ISO14443"}'
    for length in range(LONGEST_FRAME - 60, LONGEST_FRAME + 10, 7):
        frames.take(True, Shown(f'[2,"1","Authorize",{{"filler":"{"x" * length}",{card}}}]'))
    assert all("04A2B3" not in message.text for message in message_views(frames.after()))


def test_lines_keep_their_numbers() -> None:
    events = Events()
    for name in ("a", "b", "c"):
        events.take("station", {"level": "info", "event": name})
    assert [(event.number, event.event) for event in event_views(events.after(1))] == [(2, "b"), (3, "c")]
