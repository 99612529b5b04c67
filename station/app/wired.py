"""Builds what is wired to the station's own computer: inputs, the DOE output, lights.

Drivers are loaded where something is wired: most stations have no such thing, and each module costs at the start.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from station.app.ground import Ground
from station.core.security_events import SecurityEvent
from station.evse import Evse
from station.hardware.pins import OutputPin, PinPlace
from station.hardware.ports import ChargeController
from station.inputs.meanings import InputState, Meaning, Wired
from station.inputs.watch import Inputs, Served
from station.settings import Settings
from station.settings.inputs import DOE, InputSettings, LedSettings

if TYPE_CHECKING:
    from station.hardware.leds import Leds


def build_inputs(
    ground: Ground, evses: Mapping[int, Evse], *, notify: Callable[[SecurityEvent, str], None]
) -> Inputs:
    """Return the watch over all inputs; `notify` tells of what matters to security."""
    settings = ground.settings
    wired = _wired(settings.wiring.inputs, evses) if settings.wiring.inputs else ()
    served = {evse.id: Served(evses[evse.id], evse.phases, float(evse.max_current_a)) for evse in settings.evses}
    return Inputs(wired, served, on_change=_notes(ground, notify))


def build_leds(settings: Settings, evses: Mapping[int, Evse], *, online: Callable[[], bool]) -> "Leds":
    """Return what shows the states of the EVSEs that have lights."""
    from station.hardware.leds import Lamps, Leds, state_of
    from station.local.activity import activity_of

    def state(evse_id: int) -> str:
        return state_of(activity_of(evses[evse_id].session).value, online=online())

    return Leds((Lamps(led.evse, _lamps(led), led.patterns) for led in settings.wiring.leds), state=state)


def with_doe(controller: ChargeController, settings: Settings, evse_id: int) -> ChargeController:
    """Return the controller of an EVSE with the output that takes the place of its own, if there is one."""
    for one in settings.wiring.outputs:
        if one.meaning == DOE and one.evse == evse_id:
            from station.hardware.doe import ControllerWithDoe
            from station.hardware.gpio import output_pin

            return ControllerWithDoe(controller, output_pin(one.place))
    return controller


def _wired(inputs: tuple[InputSettings, ...], evses: Mapping[int, Evse]) -> Iterator[Wired]:
    from station.hardware.gpio import input_pin

    for one in inputs:
        yield Wired(
            one.name,
            input_pin(one.place),
            one.meaning,
            one.evses or tuple(evses),
            latch=one.latch,
            debounce_s=one.debounce_ms / 1000,
        )


def _notes(ground: Ground, notify: Callable[[SecurityEvent, str], None]) -> Callable[[InputState], None]:
    """Return what writes down that an input became active or inactive."""
    from station.inputs.grid_book import GridBook

    settings = ground.settings
    phases = {evse.id: evse.phases for evse in settings.evses}
    book = GridBook(settings.station.state_dir, phases, now=ground.clock.now)

    def note(state: InputState) -> None:
        book.note(state)
        if state.meaning is Meaning.DOOR and state.active:
            notify(SecurityEvent.TAMPER_DETECTION_ACTIVATED, state.text)

    return note


def _lamps(led: LedSettings) -> dict[str, OutputPin]:
    if led.chip:
        from station.hardware.gpio import output_pin

        return {
            colour: output_pin(PinPlace(led.chip, line, active_low=led.active_low))
            for colour, line in led.colours.items()
        }
    from station.hardware.leds import ClassLed

    return {colour: ClassLed(led.folder, name, percent=led.brightness) for colour, name in led.colours.items()}
