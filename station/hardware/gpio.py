"""Lines of GPIO chips, by the kernel's character devices and the library gpiod (version 2 or newer).

Lines are best named: their numbers change with the board. A chip that tells no edges is looked at again and again.
"""

import asyncio
import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from station.errors import DeviceError
from station.hardware.gpio_files import POLL_S, FileInput, FileOutput
from station.hardware.pins import DEVICES, Bias, InputPin, OutputPin, PinPlace, is_folder
from station.serial_port import readable

if TYPE_CHECKING:
    from gpiod import Chip, LineRequest, LineSettings

CONSUMER: Final = "station"
"""What others are told who holds a line."""
NEEDED: Final = 2
"""Major version of the library; version 1 has another interface under the same name."""
_REMEDIES: Final = {
    errno.ENOENT: "does not exist; gpiodetect lists the chips that are there",
    errno.EACCES: "may not be opened; add the user of the station to the group that owns it (gpio)",
    errno.EPERM: "may not be opened; add the user of the station to the group that owns it (gpio)",
}


def input_pin(place: PinPlace) -> InputPin:
    """Return an input of a chip or in a folder, not open."""
    return FileInput(place) if is_folder(place.chip) else ChipInput(place)


def output_pin(place: PinPlace) -> OutputPin:
    """Return an output of a chip or in a folder, not open."""
    return FileOutput(place) if is_folder(place.chip) else ChipOutput(place)


class ChipInput:
    """An input line."""

    def __init__(self, place: PinPlace) -> None:
        self._place = place
        self._line: _Line | None = None

    def open(self) -> None:
        """Request the line; DeviceError names who holds it, or what else is wrong."""
        self.close()
        self._line = _requested(self._place, output=False)

    def active(self) -> bool:
        """Ask the kernel."""
        return _open(self._line, self._place).active()

    async def moved(self) -> None:
        """Return at the next edge, at once if there was one meanwhile."""
        line = _open(self._line, self._place)
        if not line.tells_edges:
            await asyncio.sleep(POLL_S)
            return
        await readable(line.request.fd)
        with _failing(self._place):
            line.request.read_edge_events()

    def close(self) -> None:
        """Release the line."""
        if self._line is not None:
            self._line.request.release()
            self._line = None


class ChipOutput:
    """An output line."""

    def __init__(self, place: PinPlace) -> None:
        self._place = place
        self._line: _Line | None = None

    def open(self) -> None:
        """Request the line, inactive; DeviceError names who holds it, or what else is wrong."""
        self.close()
        self._line = _requested(self._place, output=True)

    def set(self, active: bool) -> None:
        """Tell the kernel."""
        _open(self._line, self._place).set(active)

    def close(self) -> None:
        """Make the line inactive and release it; what it does then is up to the board."""
        if self._line is not None:
            with suppress(DeviceError):
                self._line.set(False)
            self._line.request.release()
            self._line = None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that was requested."""

    place: PinPlace
    request: "LineRequest"
    offset: int
    tells_edges: bool

    def active(self) -> bool:
        from gpiod.line import Value

        with _failing(self.place):
            return self.request.get_value(self.offset) is Value.ACTIVE

    def set(self, active: bool) -> None:
        from gpiod.line import Value

        with _failing(self.place):
            self.request.set_value(self.offset, Value.ACTIVE if active else Value.INACTIVE)


def _requested(place: PinPlace, *, output: bool) -> _Line:
    """Return the line, taken from everybody else; DeviceError says what is in the way."""
    from_edges = (False,) if output else (True, False)
    with _chip(place.chip) as chip:
        offset = _offset(chip, place)
        for tells_edges in from_edges:
            settings = _settings(place, output=output, edges=tells_edges)
            try:
                request = chip.request_lines({offset: settings}, consumer=CONSUMER)
            except OSError as error:
                if error.errno == errno.EBUSY:
                    holder = chip.get_line_info(offset).consumer or "the kernel"
                    raise DeviceError(f"{place} is in use by {holder!r}; gpioinfo lists who has which") from error
                failure = error  # not every chip tells edges
            else:
                return _Line(place, request, offset, tells_edges)
    raise DeviceError(f"{place} cannot be requested: {failure.strerror}; can the chip do that, bias included?")


def _settings(place: PinPlace, *, output: bool, edges: bool) -> "LineSettings":
    from gpiod import LineSettings
    from gpiod.line import Bias as Pull
    from gpiod.line import Direction, Edge

    pulls = {Bias.PULL_UP: Pull.PULL_UP, Bias.PULL_DOWN: Pull.PULL_DOWN, Bias.OFF: Pull.DISABLED}
    return LineSettings(
        direction=Direction.OUTPUT if output else Direction.INPUT,
        edge_detection=Edge.BOTH if edges else Edge.NONE,
        bias=pulls.get(place.bias, Pull.AS_IS),
        active_low=place.active_low,
    )


def _offset(chip: "Chip", place: PinPlace) -> int:
    try:
        offset = chip.line_offset_from_id(place.line)
    except (OSError, ValueError):
        offset = -1
    if offset < 0:
        info = chip.get_info()
        raise DeviceError(
            f"{place}: there is no such line; {info.name} ({info.label}) has {info.num_lines}, gpioinfo lists them"
        )
    return offset


@contextmanager
def _chip(chip: str) -> "Iterator[Chip]":
    """Have a chip open, by its path, name or label."""
    library = loaded()
    path = chip if "/" in chip else _path_of(library, chip)
    try:
        device = library.Chip(path)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, f"is no GPIO chip: {error.strerror}")
        raise DeviceError(f"{path} {remedy}") from error
    with device:
        yield device


def _path_of(library: Any, chip: str) -> str:
    """Return the device of a chip by its name or label."""
    known = []
    for path in sorted(DEVICES.glob("gpiochip*")):
        try:
            with library.Chip(str(path)) as device:
                info = device.get_info()
        except OSError:
            continue
        if chip in (info.name, info.label):
            return str(path)
        known.append(f"{info.name} ({info.label})")
    raise DeviceError(f"there is no GPIO chip {chip!r}; there are {', '.join(known) or 'none that may be opened'}")


def loaded() -> ModuleType:
    """Return the library; DeviceError if it is missing, or has the interface of version 1."""
    how = "pip install 'bsm-station[gpio]'"
    try:
        import gpiod  # late: few stations have such lines
    except ImportError as error:
        raise DeviceError(f"lines of GPIO chips need the package gpiod, version {NEEDED} or newer: {how}") from error
    version = str(getattr(gpiod, "__version__", "1"))
    if int(version.split(".")[0]) < NEEDED:
        raise DeviceError(
            f"gpiod {version} is too old, version {NEEDED} or newer is needed: {how}; "
            "Debian 12 has version 1 under the same name (python3-libgpiod)"
        )
    return gpiod


def _open(line: _Line | None, place: PinPlace) -> _Line:
    if line is None:
        raise DeviceError(f"{place} is not open")
    return line


@contextmanager
def _failing(place: PinPlace) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DeviceError(f"{place} does not work any more: {error.strerror}; is the chip still there?") from error
