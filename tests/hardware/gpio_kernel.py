"""GPIO chips as the kernel has them, under the real library: what it asks of its C part is played here.

Lines have levels; edges wake who waits; a line has one holder; a chip may be unable to do something, or go away.
"""

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gpiod
from gpiod.line import Value


class GoneError(OSError):
    def __init__(self) -> None:
        super().__init__(errno.ENODEV, os.strerror(errno.ENODEV))


@dataclass
class KernelLine:
    """One line of a chip; `level` is what is on the wire."""

    name: str = ""
    level: int = 0
    holder: str = ""
    request: "Request | None" = None

    def drive(self, level: int) -> None:
        """Bring another level to the wire."""
        if level != self.level:
            self.level = level
            if self.request is not None:
                self.request.edge()


@dataclass
class KernelChip:
    """A chip; `cannot` holds what its lines refuse: `edges`, `bias`."""

    name: str
    label: str
    lines: list[KernelLine]
    cannot: set[str] = field(default_factory=set)
    error: int = 0
    """What opening it fails with."""
    gone: bool = False

    def line(self, name: str) -> KernelLine:
        return next(line for line in self.lines if line.name == name)


class Kernel:
    """All chips, by the name of their device."""

    def __init__(self, *chips: KernelChip) -> None:
        self.chips = {chip.name: chip for chip in chips}

    def install(self, monkeypatch: Any) -> None:
        """Let the library find these chips."""
        monkeypatch.setattr(gpiod._ext, "Chip", lambda path: Chip(self, path))
        monkeypatch.setattr(gpiod._ext, "LineConfig", LineConfig)
        monkeypatch.setattr(gpiod._ext, "LineSettings", lambda **settings: settings)


class LineConfig:
    def __init__(self) -> None:
        self.settings: dict[int, dict[str, Any]] = {}

    def add_line_settings(self, offsets: list[int], settings: dict[str, Any]) -> None:
        self.settings |= dict.fromkeys(offsets, settings)

    def set_output_values(self, values: list[Value]) -> None:
        raise AssertionError("not asked for")


class Chip:
    """The C part's chip."""

    def __init__(self, kernel: Kernel, path: str) -> None:
        name = Path(path).name
        if name not in kernel.chips:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        self._chip = kernel.chips[name]
        if self._chip.error or self._chip.gone:
            number = self._chip.error or errno.ENODEV
            raise OSError(number, os.strerror(number))

    def close(self) -> None: ...

    def get_info(self) -> gpiod.ChipInfo:
        return gpiod.ChipInfo(self._chip.name, self._chip.label, len(self._chip.lines))

    def line_offset_from_id(self, name: str) -> int:
        for offset, line in enumerate(self._chip.lines):
            if line.name == name:
                return offset
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    def get_line_name(self, offset: int) -> str:
        return self._chip.lines[offset].name

    def get_line_info(self, offset: int, watch: bool) -> gpiod.LineInfo:
        line = self._chip.lines[offset]
        used = bool(line.holder or line.request)
        return gpiod.LineInfo(offset, line.name, used, line.holder, 2, False, 1, 1, 1, 1, False, 0)

    def request_lines(self, config: LineConfig, consumer: str | None, _size: int | None) -> "Request":
        ((offset, settings),) = config.settings.items()
        line = self._chip.lines[offset]
        if line.holder:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        wanted = {"edges": settings["edge_detection"] != gpiod.line.Edge.NONE.value}
        wanted["bias"] = settings["bias"] != gpiod.line.Bias.AS_IS.value
        if any(wanted[what] for what in self._chip.cannot):
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
        line.holder = consumer or "?"
        line.request = Request(self._chip, offset, settings)
        return line.request


class Request:
    """The C part's request of one line; its file descriptor has a byte for each edge."""

    def __init__(self, chip: KernelChip, offset: int, settings: dict[str, Any]) -> None:
        self.chip_name, self.offsets = chip.name, [offset]
        self.settings = settings
        self._chip, self._line = chip, chip.lines[offset]
        self.fd, self._write = os.pipe()
        self._low = bool(settings["active_low"])
        if settings["direction"] == gpiod.line.Direction.OUTPUT.value:
            self._line.level = int(self._low)

    def edge(self) -> None:
        if self.settings["edge_detection"] != gpiod.line.Edge.NONE.value:
            os.write(self._write, b"!")

    def get_values(self, offsets: list[int], values: list[Any]) -> None:
        self._there()
        values[0] = Value.ACTIVE if self._line.level != self._low else Value.INACTIVE

    def set_values(self, values: dict[int, Value]) -> None:
        self._there()
        (value,) = values.values()
        self._line.level = int((value is Value.ACTIVE) != self._low)

    def read_edge_events(self, _most: int | None) -> list[Any]:
        self._there()
        return list(os.read(self.fd, 16))

    def release(self) -> None:
        os.close(self.fd)
        os.close(self._write)
        self._line.holder, self._line.request = "", None

    def unplug(self) -> None:
        """The chip goes away: whoever waits is woken."""
        self._chip.gone = True
        os.write(self._write, b"!")

    def _there(self) -> None:
        if self._chip.gone:
            raise GoneError
