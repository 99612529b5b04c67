"""The driver of the EM-CP-PP-ETH does what the port promises."""

import pytest

from station.errors import DeviceError, LineSilentError
from station.hardware.phoenix_eth import EmCpPpEth
from station.hardware.places import ControllerPlace
from station.hardware.ports import PilotLetter, PilotStatus
from tests.hardware.fake_modbus import Unit


@pytest.fixture
def unit():
    return Unit(holding={300: 16}, inputs={100: ord("A")}, coils={400: False})


@pytest.fixture
async def driver(unit):
    driver = EmCpPpEth(ControllerPlace(unit, "controller of EVSE 1", fixed_cable=True))
    await driver.prepare()
    return driver


async def test_preparing_takes_the_release_back(unit):
    unit.coils[400] = True
    await EmCpPpEth(ControllerPlace(unit, "c", fixed_cable=True)).prepare()
    assert not unit.coils[400]


@pytest.mark.parametrize("letter", "ABCDEF")
@pytest.mark.parametrize("released", [False, True])
async def test_each_state_is_understood(unit, driver, letter, released):
    if released:
        await driver.offer(16)
    unit.inputs[100] = ord(letter)
    assert await driver.status() == PilotStatus(
        PilotLetter(letter), released and letter in "BCD", cable_rating_a=None
    )


@pytest.mark.parametrize("state", [ord("G"), ord("a"), 0, 0x4142, 0xFFFF])
async def test_a_state_that_nobody_knows_is_an_error_that_shows_it(unit, driver, state):
    unit.inputs[100] = state
    with pytest.raises(DeviceError, match=f"controller of EVSE 1: register 100 says {state:#06x}"):
        await driver.status()


@pytest.mark.parametrize(("limit_amps", "register"), [(6, 6), (15.99, 15), (63, 63)])
async def test_the_limit_is_set_before_the_release_in_whole_amperes(unit, driver, limit_amps, register):
    unit.requests.clear()
    await driver.offer(limit_amps)
    assert unit.writes == [(300, [register]), (400, True)]


@pytest.mark.parametrize("limit_amps", [0, 5.99, 64, -1, float("nan")])
async def test_what_the_pilot_cannot_say_is_refused(unit, driver, limit_amps):
    with pytest.raises(ValueError, match="only 6 to 63 A"):
        await driver.offer(limit_amps)
    assert not unit.coils[400]


async def test_withholding_is_one_request(unit, driver):
    await driver.offer(16)
    unit.requests.clear()
    await driver.withhold()
    assert unit.requests == [("write_coil", 400, False)]


async def test_a_controller_that_restarts_while_it_offers_is_told_again(unit, driver):
    await driver.offer(20)
    unit.holding[300], unit.coils[400], unit.inputs[100] = 16, False, ord("C")
    assert (await driver.status()).pwm_on
    assert unit.holding[300] == 20


async def test_a_release_that_nobody_gave_is_taken_back(unit, driver):
    unit.coils[400], unit.inputs[100] = True, ord("C")
    assert not (await driver.status()).pwm_on
    assert not unit.coils[400]


async def test_what_was_withheld_in_vain_is_not_offered_again(unit, driver):
    await driver.offer(20)
    unit.silent = True
    with pytest.raises(LineSilentError):
        await driver.withhold()
    unit.silent, unit.inputs[100] = False, ord("C")
    assert not (await driver.status()).pwm_on
    assert not unit.coils[400]


async def test_there_is_no_lock_to_move(unit, driver):
    unit.requests.clear()
    await driver.lock()
    await driver.unlock()
    assert not unit.requests
    assert not EmCpPpEth.traits.locks


async def test_a_probe_says_who_is_there_and_writes_nothing(unit):
    assert await EmCpPpEth.probe(unit) == "Phoenix Contact EM-CP-PP-ETH, state A"
    assert not unit.writes
    unit.inputs[100] = 7
    assert await EmCpPpEth.probe(unit) is None
    assert await EmCpPpEth.probe(Unit(inputs={100: ord("A")})) is None
    unit.silent = True
    assert await EmCpPpEth.probe(unit) is None


async def test_a_controller_that_forgot_its_limit_and_kept_its_release_is_told_it_again(unit, driver):
    await driver.offer(10)
    unit.inputs[100] = ord("C")
    unit.holding[300] = 63
    assert (await driver.status()).pwm_on
    assert unit.holding[300] == 10


async def test_a_lower_limit_than_was_asked_for_is_left_alone(unit, driver):
    await driver.offer(32)
    unit.inputs[100] = ord("C")
    unit.holding[300] = 20
    assert (await driver.status()).pwm_on
    assert unit.holding[300] == 20
