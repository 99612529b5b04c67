"""A device that can be asked and not changed, whatever its driver may want."""

from typing import Protocol

from station.errors import DeviceError


class Readable(Protocol):
    """What can be read of a device on a line (station.meter.bus.Device)."""

    async def read_registers(
        self, address: int, count: int, *, timeout_s: float | None = None, retries: int | None = None
    ) -> list[int]: ...

    async def read_inputs(self, address: int, count: int) -> list[int]: ...

    async def read_coils(self, address: int, count: int) -> list[bool]: ...


class ReadOnly:
    """One unit on a line, for a driver that only looks (as hardware.ports.ModbusDevice and meter.port.Registers)."""

    def __init__(self, device: Readable) -> None:
        self._device = device

    async def read_registers(
        self, address: int, count: int, *, timeout_s: float | None = None, retries: int | None = None
    ) -> list[int]:
        return await self._device.read_registers(address, count, timeout_s=timeout_s, retries=retries)

    async def read_inputs(self, address: int, count: int) -> list[int]:
        return await self._device.read_inputs(address, count)

    async def read_coils(self, address: int, count: int) -> list[bool]:
        return await self._device.read_coils(address, count)

    async def write_registers(
        self,
        address: int,
        values: list[int],  # noqa: ARG002
        *,
        timeout_s: float | None = None,  # noqa: ARG002
        retries: int | None = None,  # noqa: ARG002
    ) -> None:
        raise _refused(address)

    async def write_coil(self, address: int, on: bool) -> None:  # noqa: ARG002
        raise _refused(address)


def _refused(address: int) -> DeviceError:
    return DeviceError(f"register or coil {address} would have to be written, and nothing is written by looking")
