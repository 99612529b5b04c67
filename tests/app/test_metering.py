"""What the variables say about meter values becomes the rules of sessions, of the clock, and of MeterValues."""

import asyncio
from dataclasses import replace

import pytest

from station.app.ground import Ground
from station.app.metering import ALIGNED_ROWS, SAMPLED_ROWS, build_aligned, build_meter_values, schedule, shown
from station.app.metering import with_metering as rules_of
from station.core import variables as var
from station.core.device_model import Accepted, DeviceModel, EvseFacts, rows_for
from station.core.events import IntervalsChanged
from station.core.policy import ENERGY, Policy
from station.core.variables import MEASURANDS
from station.ocpp.aligned import Schedule
from tests.fakes_clock import FakeClock


@pytest.fixture
def model():
    return DeviceModel(
        rows_for([EvseFacts(1), EvseFacts(2)]), stored={}, presets={}, save=lambda _address, _text: None
    )


def put(model, row, text):
    assert isinstance(model.set_actual(row.address, text), Accepted)


def test_at_first_nothing_is_timed_by_the_clock_and_only_begin_and_end_are_signed(model):
    assert schedule(model, (1, 2)) == Schedule()
    aligned = {"aligned_updated_measurands": (ENERGY,), "aligned_ended_measurands": (ENERGY,)}
    assert rules_of(Policy(), model) == replace(Policy(), **aligned)
    assert (shown(model).measurands, shown(model).signed, shown(model).with_key) == ((ENERGY,), False, False)


@pytest.mark.ocpp("J01.FR.14", "J01.FR.19", "J01.FR.20")
def test_the_schedule_is_what_the_variables_say(model):
    put(model, var.ALIGNED_DATA_INTERVAL, "900")
    put(model, var.ALIGNED_DATA_TX_ENDED_INTERVAL, "1800")
    put(model, var.ALIGNED_DATA_SEND_DURING_IDLE, "true")
    put(model, var.EVSE_ALIGNED_DATA_SEND_DURING_IDLE.at(2), "true")
    assert schedule(model, (1, 2)) == Schedule(900, 1800, only_idle=True, only_idle_at=frozenset({2}))


@pytest.mark.parametrize(
    ("row", "text", "left"),
    [
        (var.ALIGNED_DATA_MEASURANDS, "", (0, 1800)),
        (var.ALIGNED_DATA_TX_ENDED_MEASURANDS, "", (900, 0)),
        (var.ALIGNED_DATA_ENABLED, "false", (0, 0)),
    ],
    ids=str,
)
def test_nobody_is_woken_for_values_that_nobody_wants(model, row, text, left):
    put(model, var.ALIGNED_DATA_INTERVAL, "900")
    put(model, var.ALIGNED_DATA_TX_ENDED_INTERVAL, "1800")
    put(model, row, text)
    assert (schedule(model, ()).interval_s, schedule(model, ()).ended_interval_s) == left


@pytest.mark.parametrize(
    ("controller", "master", "rule"),
    [
        (var.SIGN_UPDATED_READINGS, var.SIGN_READINGS, "sign_updated_readings"),
        (var.ALIGNED_DATA_SIGN_UPDATED_READINGS, var.ALIGNED_DATA_SIGN_READINGS, "sign_aligned_updated_readings"),
    ],
    ids=str,
)
def test_updated_values_are_signed_only_if_signing_is_on_at_all(model, controller, master, rule):
    put(model, controller, "true")
    for signs in ("true", "false"):
        put(model, master, signs)
        assert getattr(rules_of(Policy(), model), rule) is (signs == "true")


def test_lists_and_intervals_reach_the_sessions(model):
    everything = ",".join(MEASURANDS.values)
    for row in (var.TX_ENDED_MEASURANDS, var.ALIGNED_DATA_MEASURANDS, var.ALIGNED_DATA_TX_ENDED_MEASURANDS):
        put(model, row, everything)
    put(model, var.TX_ENDED_INTERVAL, "300")
    put(model, var.REGISTER_VALUES_WITHOUT_PHASES, "false")
    rules = rules_of(Policy(), model)
    ordered = tuple(sorted(MEASURANDS.values))
    assert rules.ended_measurands == rules.aligned_updated_measurands == rules.aligned_ended_measurands == ordered
    assert (rules.ended_interval_s, rules.register_phases, shown(model).register_phases) == (300, True, True)


@pytest.mark.ocpp("J01.FR.21")
def test_meter_values_are_signed_by_a_switch_of_their_own(model):
    assert rules_of(Policy(), model).sign_readings is True
    assert shown(model).signed is False
    put(model, var.ALIGNED_DATA_SIGN_READINGS, "true")
    put(model, var.PUBLIC_KEY_WITH_SIGNED_METER_VALUE, "EveryMeterValue")
    assert (shown(model).signed, shown(model).with_key) == (True, True)


class Evse:
    def __init__(self):
        self.posted = []

    def post(self, event):
        self.posted.append(event)


async def test_sessions_learn_of_new_intervals_at_once_and_so_does_the_clock(model, monkeypatch):
    evses = {1: Evse(), 2: Evse()}
    ground = Ground(None, None, model, FakeClock(), mail=asyncio.Event(), news=asyncio.Event())
    aligned = build_aligned(ground, evses, build_meter_values(ground, evses, None), online=lambda: True)
    retimed = []
    monkeypatch.setattr(aligned._changed, "set", lambda: retimed.append(True))
    for row in (*ALIGNED_ROWS, *SAMPLED_ROWS):
        put(model, row, model.text(row))
    assert len(retimed) == len(ALIGNED_ROWS)
    assert [evse.posted for evse in evses.values()] == [[IntervalsChanged()] * len(SAMPLED_ROWS)] * 2
