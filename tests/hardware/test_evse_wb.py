"""The driver of the EVSE-WB does what the port promises."""

import pytest

from station.errors import DeviceError, LineSilentError
from station.hardware.evse_wb import EvseWb
from station.hardware.places import ControllerPlace
from station.hardware.ports import PilotLetter, PilotStatus
from tests.hardware.fake_modbus import Unit

FINE = 1 << 7


@pytest.fixture
def unit():
    return Unit(holding={1000: 6, 1001: 0, 1002: 1, 1005: 17, 2005: 0, 2007: 32})


async def prepared(unit):
    driver = EvseWb(ControllerPlace(unit, "controller of EVSE 1", fixed_cable=True))
    await driver.prepare()
    return driver


async def test_preparing_offers_nothing_before_anything_else(unit):
    await prepared(unit)
    assert unit.requests[0] == ("write_registers", 1000, [0])


@pytest.mark.parametrize(("state", "letter"), [(1, "A"), (2, "B"), (3, "C"), (4, "D"), (5, "E")])
@pytest.mark.parametrize("offered", [False, True])
async def test_each_state_is_understood(unit, state, letter, offered):
    driver = await prepared(unit)
    if offered:
        await driver.offer(16)
    unit.holding[1002] = state
    assert await driver.status() == PilotStatus(PilotLetter(letter), offered and letter in "BCD", cable_rating_a=None)


@pytest.mark.parametrize("state", [0, 6, 0xFFFF])
async def test_a_state_that_nobody_knows_is_an_error_that_shows_it(unit, state):
    driver = await prepared(unit)
    unit.holding[1002] = state
    with pytest.raises(DeviceError, match=f"controller of EVSE 1: register 1002 says state {state}; 1 to 5"):
        await driver.status()


@pytest.mark.parametrize(
    ("configuration", "limit_amps", "register"),
    [
        (0, 6, 6),
        (0, 15.99, 15),
        (0, 32, 32),
        (FINE, 6, 600),
        (FINE, 15.999, 1599),
        (FINE, 8.2, 820),
        (FINE, 32, 3200),
    ],
)
async def test_the_limit_is_set_in_the_steps_of_the_controller(unit, configuration, limit_amps, register):
    unit.holding[2005] = configuration
    driver = await prepared(unit)
    await driver.offer(limit_amps)
    assert unit.holding[1000] == register


async def test_never_more_is_offered_than_the_controller_is_made_for(unit):
    unit.holding[2007] = 16
    driver = await prepared(unit)
    await driver.offer(32)
    assert unit.holding[1000] == 16


@pytest.mark.parametrize("rating_a", [0, 5, 81, 3200])
async def test_a_rating_that_is_none_is_an_error(unit, rating_a):
    unit.holding[2007] = rating_a
    with pytest.raises(DeviceError, match=f"register 2007 says {rating_a} A; 6 to 80 A are possible"):
        await prepared(unit)


@pytest.mark.parametrize("limit_amps", [0, 5.99, 80.1, -1, float("nan")])
async def test_what_the_pilot_cannot_say_is_refused(unit, limit_amps):
    driver = await prepared(unit)
    with pytest.raises(ValueError, match="only 6 to 80 A"):
        await driver.offer(limit_amps)
    assert unit.holding[1000] == 0


async def test_withholding_is_one_request(unit):
    driver = await prepared(unit)
    await driver.offer(16)
    unit.requests.clear()
    await driver.withhold()
    assert unit.requests == [("write_registers", 1000, [0])]


async def test_a_controller_that_restarts_while_it_offers_is_told_again(unit):
    driver = await prepared(unit)
    await driver.offer(20)
    unit.holding |= {1000: 6, 1002: 3}
    assert (await driver.status()).pwm_on
    assert unit.holding[1000] == 20


async def test_what_it_offers_by_itself_after_a_restart_is_taken_back(unit):
    driver = await prepared(unit)
    unit.holding |= {1000: 6, 1002: 3}
    assert not (await driver.status()).pwm_on
    assert unit.holding[1000] == 0


async def test_what_was_withheld_in_vain_is_not_offered_again(unit):
    driver = await prepared(unit)
    await driver.offer(20)
    unit.silent = True
    with pytest.raises(LineSilentError):
        await driver.withhold()
    unit.silent, unit.holding[1002] = False, 3
    assert not (await driver.status()).pwm_on
    assert unit.holding[1000] == 0


async def test_a_look_is_one_request_because_each_costs_a_tenth_of_a_second(unit):
    driver = await prepared(unit)
    unit.requests.clear()
    await driver.status()
    assert unit.requests == [("read_registers", 1000, 3)]
    assert EvseWb.traits.gap_s == 0.1


async def test_there_is_no_lock_to_move(unit):
    driver = await prepared(unit)
    unit.requests.clear()
    await driver.lock()
    await driver.unlock()
    assert not unit.requests
    assert not EvseWb.traits.locks


async def test_a_probe_says_who_is_there_and_writes_nothing(unit):
    assert await EvseWb.probe(unit) == "EVSE-WB, firmware 17, 32 A, state A"
    assert not unit.writes


@pytest.mark.parametrize(("register", "value"), [(1002, 0), (1002, 9), (2007, 0)])
async def test_what_only_looks_like_such_a_controller_is_none(unit, register, value):
    unit.holding[register] = value
    assert await EvseWb.probe(unit) is None


async def test_nobody_and_who_refuses_is_no_controller(unit):
    assert await EvseWb.probe(Unit(holding={1000: 0})) is None
    unit.silent = True
    assert await EvseWb.probe(unit) is None
