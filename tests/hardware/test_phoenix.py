"""The driver does what the port promises, on a controller that behaves as docs/bench.md says."""

import asyncio

import pytest

from station.errors import DeviceError, LineRefusedError, LineSilentError
from station.hardware.phoenix import LOOK_S, EvCcAc1
from station.hardware.places import ControllerPlace
from station.hardware.ports import LockError, PilotLetter, PilotStatus

PWM, AVAILABLE, LOCK, RCM_TEST, RCM_RESET = range(20000, 20005)
LOCK_FAILED, UNLOCK_FAILED = 1 << 5, 1 << 6
LOCK_BITS = LOCK_FAILED | UNLOCK_FAILED


class Controller:
    """A unit on a line with the registers of the EV-CC-AC1-M3; notes every request."""

    def __init__(self):
        self.holding = {4000: 2, 4001: 1, 4002: 1, 4006: 0, 4010: 0, 4011: 1, 22000: 16}
        self.coils = {PWM: False, AVAILABLE: False, LOCK: False, RCM_TEST: False, RCM_RESET: False}
        self.vehicle = "A"
        self.proximity_a = 0
        self.errors = 0
        self.requests = []
        self.silent = False
        self.has_feedback = True
        self.locked = False
        self.jammed = False
        self.lock_moves_after = 0
        """Requests that the actuator takes."""
        self.monitor_trips = True
        """At its test."""
        self._lock_waits = None

    def restart(self, *, forgets_modes=False):
        self.coils = dict.fromkeys(self.coils, False)
        self.holding[22000] = 16
        if forgets_modes:
            self.holding |= {4000: 2, 4001: 1, 4002: 1}

    @property
    def pwm_runs(self):
        enabled = {1: True, 2: False, 3: self.coils[PWM]}[self.holding[4000]]
        return enabled and self.available and self.vehicle in "BCD"

    @property
    def available(self):
        return self.holding[4001] == 1 or self.coils[AVAILABLE]

    @property
    def state(self):
        if not self.available:
            return "F0"
        return self.vehicle if len(self.vehicle) == 2 else self.vehicle + ("2" if self.pwm_runs else "1")

    def _move_lock(self):
        """Let time pass, which is counted in requests."""
        wanted = self.holding[4002] == 3 and self.coils[LOCK]
        if wanted == self.locked:
            self._lock_waits = None
            self.errors &= ~LOCK_BITS
            return
        waits = self.lock_moves_after if self._lock_waits is None else self._lock_waits
        self._lock_waits = waits - 1
        if waits <= 0 and not self.errors & LOCK_BITS:
            if self.jammed:
                self.errors |= LOCK_FAILED if wanted else UNLOCK_FAILED
            else:
                self.locked = wanted

    def _note(self, *request):
        self.requests.append(request)
        if self.silent:
            raise LineSilentError("cp line: no answer of unit 1")
        self._move_lock()

    def _input(self, address):
        state = self.state.encode("latin-1")
        tripped = self.coils[RCM_TEST] and not self.coils[RCM_RESET] and self.monitor_trips
        inputs = 2 * (self.locked and self.has_feedback) | 4 * tripped
        table = {
            24000: state[0] << 8 | state[1],
            24001: self.proximity_a,
            24004: inputs,
            24025: self.errors,
        }
        if address not in table:
            raise LineRefusedError(f"address {address}", code=2)
        return table[address]

    async def read_registers(self, address, count):
        self._note("read_registers", address, count)
        return [self.holding[address + offset] for offset in range(count)]

    async def read_inputs(self, address, count):
        self._note("read_inputs", address, count)
        return [self._input(address + offset) for offset in range(count)]

    async def write_registers(self, address, values):
        self._note("write_registers", address, values)
        for offset, value in enumerate(values):
            assert address + offset in self.holding
            self.holding[address + offset] = value

    async def read_coils(self, address, count):
        self._note("read_coils", address, count)
        return [self.coils[address + offset] for offset in range(count)]

    async def write_coil(self, address, on):
        self._note("write_coil", address, on)
        assert address in self.coils
        self.coils[address] = on
        self._move_lock()

    @property
    def lock_orders(self):
        return [on for kind, address, on in self.requests if (kind, address) == ("write_coil", LOCK)]


def made(unit, *, fixed_cable=False, **options):
    return EvCcAc1(ControllerPlace(unit, "controller of EVSE 1", fixed_cable, options))


@pytest.fixture
def unit():
    return Controller()


@pytest.fixture
async def driver(unit):
    driver = made(unit)
    await driver.prepare()
    return driver


async def test_prepared_it_is_available_and_offers_nothing(unit, driver):
    unit.vehicle = "B"
    assert await driver.status() == PilotStatus(PilotLetter.B, pwm_on=False, cable_rating_a=None)


async def test_preparing_switches_off_before_anything_else(unit):
    """The controller may still be charging from before our restart."""
    unit.holding |= {4000: 3}
    unit.coils |= {PWM: True, AVAILABLE: True}
    await made(unit).prepare()
    assert unit.requests[0] == ("write_coil", PWM, False)
    assert not unit.coils[PWM]


async def test_preparing_again_writes_no_register_that_is_right_already(unit, driver):
    unit.requests.clear()
    await driver.prepare()
    assert not [request for request in unit.requests if request[0] == "write_registers"]
    assert unit.holding == {4000: 3, 4001: 2, 4002: 3, 4006: 0, 4010: 0, 4011: 1, 22000: 16}


async def test_a_controller_that_forgot_its_modes_gets_them_again(unit, driver):
    unit.holding |= {4000: 2, 4001: 1, 4002: 1}
    await driver.prepare()
    assert (unit.holding[4000], unit.holding[4001], unit.holding[4002]) == (3, 2, 3)


@pytest.mark.parametrize(("limit_amps", "register"), [(6, 6), (16.0, 16), (15.99, 15), (63, 63)])
async def test_an_offer_is_made_in_whole_amperes_never_more_than_allowed(unit, driver, limit_amps, register):
    unit.vehicle = "C"
    await driver.offer(limit_amps)
    assert unit.holding[22000] == register
    assert (await driver.status()).pwm_on


async def test_the_limit_is_set_before_the_pilot_is_switched_on(unit, driver):
    unit.requests.clear()
    await driver.offer(10)
    assert unit.requests == [("write_registers", 22000, [10]), ("write_coil", PWM, True)]


@pytest.mark.parametrize("limit_amps", [0, 5.99, 64, -1, float("nan")])
async def test_what_the_pilot_cannot_say_is_refused(unit, driver, limit_amps):
    with pytest.raises(ValueError, match="only 6 to 63 A"):
        await driver.offer(limit_amps)
    assert not unit.coils[PWM]


async def test_withholding_is_one_request(unit, driver):
    await driver.offer(16)
    unit.requests.clear()
    await driver.withhold()
    assert unit.requests == [("write_coil", PWM, False)]


@pytest.mark.parametrize(
    ("vehicle", "letter", "pwm_on"),
    [("A", "A", False), ("B", "B", True), ("C", "C", True), ("D", "D", True), ("E0", "E", False), ("F0", "F", False)],
)
async def test_each_state_is_understood(unit, driver, vehicle, letter, pwm_on):
    await driver.offer(16)
    unit.vehicle = vehicle
    status = await driver.status()
    assert (status.letter, status.pwm_on) == (PilotLetter(letter), pwm_on)


@pytest.mark.parametrize("vehicle", ["G1", "b1", "B9", "\x00\x00", "\xff\xff"])
async def test_a_state_that_nobody_knows_is_an_error_that_shows_it(unit, driver, vehicle):
    unit.vehicle = vehicle
    with pytest.raises(DeviceError, match="controller of EVSE 1: register 24000 says state"):
        await driver.status()


@pytest.mark.parametrize(("proximity_a", "rating_a"), [(0, None), (13, 13), (20, 20), (32, 32), (63, 63)])
async def test_the_rating_of_a_detachable_cable_is_told(unit, driver, proximity_a, rating_a):
    unit.proximity_a = proximity_a
    assert (await driver.status()).cable_rating_a == rating_a


async def test_a_fixed_cable_has_no_rating_and_no_lock(unit):
    driver = made(unit, fixed_cable=True)
    unit.proximity_a = 32
    await driver.prepare()
    await driver.lock()
    await driver.unlock()
    assert (await driver.status()).cable_rating_a is None
    assert unit.holding[4002] == 1
    assert not any(request[1] == LOCK for request in unit.requests)


async def test_the_plug_is_locked_and_released(unit, driver):
    await driver.lock()
    assert unit.locked
    await driver.unlock()
    assert not unit.locked


async def test_an_order_to_the_lock_is_waited_for(unit, driver):
    unit.lock_moves_after = 8
    await driver.lock()
    assert unit.locked
    await driver.unlock()
    assert not unit.locked


async def test_a_plug_that_cannot_be_locked_is_an_error_and_let_go(unit, driver):
    unit.jammed = True
    with pytest.raises(LockError, match="controller of EVSE 1 reports lock_failed"):
        await driver.lock()
    assert not unit.coils[LOCK]
    unit.jammed = False
    assert (await driver.status()).errors == frozenset()
    assert not unit.locked
    await driver.lock()
    assert unit.locked


async def test_a_plug_that_cannot_be_released_is_an_error_and_is_tried_anew_each_time(unit, driver):
    await driver.lock()
    unit.jammed = True
    for _ in range(2):
        unit.requests.clear()
        with pytest.raises(LockError, match="controller of EVSE 1 reports unlock_failed"):
            await driver.unlock()
        assert unit.locked
    assert unit.lock_orders == [True, False]
    assert (await driver.status()).errors == {"unlock_failed"}
    unit.jammed = False
    await driver.unlock()
    assert not unit.locked


async def test_a_lock_without_feedback_is_believed(unit, driver):
    unit.has_feedback = False
    loop = asyncio.get_running_loop()
    began = loop.time()
    await driver.lock()
    assert unit.locked
    assert loop.time() - began < 5
    await driver.unlock()
    assert not unit.locked


async def test_a_plug_that_stays_locked_without_an_error_bit_is_an_error_too(unit, driver):
    await driver.lock()
    unit.lock_moves_after = 10_000
    with pytest.raises(LockError, match="controller of EVSE 1 still reports the plug as locked"):
        await driver.unlock()


async def test_the_pilot_is_looked_at_while_the_lock_moves(unit, driver):
    unit.lock_moves_after = 60
    locking = asyncio.create_task(driver.lock())
    looks = 0
    while not locking.done():
        await driver.status()
        looks += 1
        await asyncio.sleep(LOOK_S)
    assert looks >= 3
    assert unit.locked


async def test_error_bits_are_named(unit, driver):
    unit.errors = 1 << 14 | 1 << 3 | 1 << 15
    unit.vehicle = "E0"
    assert (await driver.status()).errors == {"residual_current", "pilot_invalid", "error_bit_15"}


async def test_errors_are_read_at_a_change_of_state_and_now_and_then(unit, driver):
    await driver.status()
    unit.requests.clear()
    unit.errors = 1 << 11
    seen = [bool((await driver.status()).errors) for _ in range(4)]
    assert seen == [False, False, False, True]
    assert len(unit.requests) == 5
    unit.errors = 0
    unit.vehicle = "B"
    assert (await driver.status()).errors == frozenset()


async def test_a_silent_controller_is_the_lines_error(unit, driver):
    unit.silent = True
    for action in (driver.prepare, driver.status, driver.withhold, driver.lock, driver.unlock):
        with pytest.raises(LineSilentError):
            await action()


async def test_options_set_the_registers_that_they_name_and_no_other(unit):
    driver = made(unit, contactor_monitor=True, residual_current_monitor=False)
    await driver.prepare()
    assert (unit.holding[4006], unit.holding[4010], unit.holding[4011]) == (1, 0, 0)
    unit.requests.clear()
    await driver.prepare()
    assert not [request for request in unit.requests if request[0] == "write_registers"]


@pytest.mark.parametrize("forgets_modes", [False, True])
async def test_a_controller_that_restarts_while_it_offers_is_told_again(unit, driver, forgets_modes):
    unit.vehicle = "C"
    await driver.lock()
    await driver.offer(20)
    unit.restart(forgets_modes=forgets_modes)
    status = await driver.status()
    assert (status.letter, status.pwm_on) == (PilotLetter.C, True)
    assert (unit.holding[22000], unit.holding[4000], unit.coils[LOCK]) == (20, 3, True)


async def test_what_it_was_told_at_last_is_the_last_thing_that_it_is_told_again(unit, driver):
    """Lock and limit come before the current."""
    unit.vehicle = "C"
    await driver.lock()
    await driver.offer(20)
    unit.restart()
    unit.requests.clear()
    await driver.status()
    writes = [request[1:] for request in unit.requests if request[0].startswith("write")]
    assert writes == [(LOCK, True), (AVAILABLE, True), (22000, [20]), (PWM, True)]


async def test_a_controller_that_restarts_while_nothing_is_offered_offers_nothing(unit, driver):
    unit.vehicle = "C"
    await driver.offer(20)
    await driver.withhold()
    unit.restart()
    status = await driver.status()
    assert (status.letter, status.pwm_on) == (PilotLetter.C, False)
    assert not unit.coils[PWM]


async def test_current_that_nobody_asked_for_is_taken_back(unit, driver):
    """Somebody set it to offer by itself."""
    unit.vehicle = "B"
    unit.holding[4000] = 1
    assert not (await driver.status()).pwm_on
    assert unit.holding[4000] == 3


async def test_a_controller_with_reasons_of_its_own_is_left_alone(unit, driver):
    await driver.offer(20)
    unit.vehicle = "C1"
    unit.requests.clear()
    assert not (await driver.status()).pwm_on
    unit.vehicle = "F0"
    assert (await driver.status()).letter is PilotLetter.F
    assert not [request for request in unit.requests if request[0].startswith("write")]


async def test_what_was_withheld_in_vain_is_not_offered_again(unit, driver):
    unit.vehicle = "C"
    await driver.offer(20)
    unit.silent = True
    with pytest.raises(LineSilentError):
        await driver.withhold()
    unit.silent = False
    unit.restart()
    assert not (await driver.status()).pwm_on


async def test_the_residual_current_monitor_is_tested_and_reset(unit, driver):
    await driver.test_residual_current_monitor()
    assert unit.coils[RCM_RESET]


async def test_a_residual_current_monitor_that_does_not_trip_is_an_error(unit, driver):
    unit.monitor_trips = False
    with pytest.raises(DeviceError, match="controller of EVSE 1: the residual current monitor does not trip"):
        await driver.test_residual_current_monitor()
    assert unit.coils[RCM_RESET]


async def test_a_probe_says_who_is_there_and_writes_nothing(unit):
    unit.vehicle = "B"
    assert await EvCcAc1.probe(unit) == "Phoenix Contact EV-CC-AC1, state B1"
    assert {request[0] for request in unit.requests} == {"read_inputs", "read_registers"}


@pytest.mark.parametrize(("vehicle", "proximity_a"), [("G1", 0), ("\x00\x00", 0), ("A1", 4711)])
async def test_what_only_looks_like_such_a_controller_is_none(unit, vehicle, proximity_a):
    unit.vehicle, unit.proximity_a = vehicle, proximity_a
    assert await EvCcAc1.probe(unit) is None


async def test_nobody_is_no_controller(unit):
    unit.silent = True
    assert await EvCcAc1.probe(unit) is None
