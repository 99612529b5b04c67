"""Ten minutes of live values are kept, and silence is shown as silence."""

import asyncio

import pytest

from station.core.powermeter import Phases, Powermeter
from station.local.history import KEPT, History
from tests.fakes import NOON
from tests.fakes_clock import FakeClock


class Measuring:
    """What History needs of an EVSE."""

    def __init__(self) -> None:
        self.reading: Powermeter | None = None

    def measure(self, power_w: float) -> None:
        each = (power_w / 3, power_w / 3 / 2, None)
        self.reading = Powermeter(
            NOON,
            Phases(1000.0),
            power_w=Phases(power_w),
            current_a=Phases(None, *each),
            voltage_v=Phases(None, 230.5),
        )


@pytest.fixture
def evse() -> Measuring:
    return Measuring()


@pytest.fixture
def history(evse: Measuring) -> History:
    return History({1: evse}, FakeClock())  # type: ignore[dict-item]


def test_it_begins_empty(history: History) -> None:
    view = history.of(1)
    assert (view.power_w, view.currents_a, view.voltages_v) == ((), ((), (), ()), ((), (), ()))
    with pytest.raises(KeyError):
        history.of(2)


def test_values_are_kept_by_phase_oldest_first_and_silence_as_none(history: History, evse: Measuring) -> None:
    evse.measure(6900.0)
    history.sample()
    evse.reading = None
    history.sample()
    evse.measure(0.0)
    history.sample()
    view = history.of(1)
    assert view.power_w == (6900.0, None, 0.0)
    assert view.currents_a == ((2300.0, None, 0.0), (1150.0, None, 0.0), (None, None, None))
    assert view.voltages_v == ((230.5, None, 230.5), (None, None, None), (None, None, None))


@pytest.mark.parametrize("count", [KEPT - 1, KEPT, KEPT + 1, 2 * KEPT + 7])
def test_the_oldest_make_room_for_the_newest(history: History, evse: Measuring, count: int) -> None:
    for number in range(count):
        evse.measure(float(number))
        history.sample()
    assert history.of(1).power_w == tuple(float(number) for number in range(max(0, count - KEPT), count))


async def test_it_looks_once_a_second(evse: Measuring) -> None:
    clock = FakeClock()
    history = History({1: evse}, clock)  # type: ignore[dict-item]
    running = asyncio.create_task(history.run())
    await asyncio.sleep(10.5)
    running.cancel()
    view = history.of(1)
    assert (len(view.power_w), view.step_s) == (11, 1.0)
    assert 0 <= (clock.now() - view.until).total_seconds() < 1.0


def test_it_is_small(history: History) -> None:
    assert history._tapes[1]._values.itemsize * len(history._tapes[1]._values) < 20_000
