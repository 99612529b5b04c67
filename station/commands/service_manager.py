"""What systemd wants to hear from a daemon: that it runs, is alive, stops (sd_notify(3))."""

import asyncio
import os
import socket
from collections.abc import Mapping
from typing import Self

import structlog

SIGNS_PER_PERIOD = 2
"""sd_watchdog_enabled(3) recommends twice as often as is necessary."""

log = structlog.get_logger("station.service")


class ServiceManager:
    """Tells systemd, or nobody if nobody asked for it."""

    def __init__(self, address: str = "", *, watchdog_s: float = 0.0) -> None:
        """`address` of the datagram socket, empty for none; no signs of life if `watchdog_s` is 0."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watchdog_s = watchdog_s

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Return who started this process; the environment stays as it is, for a process that replaces this one."""
        meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = int(environment.get("WATCHDOG_USEC", "0")) if meant else 0
        return cls(environment.get("NOTIFY_SOCKET", ""), watchdog_s=microseconds / 1e6)

    def ready(self) -> None:
        self._tell("READY=1")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    async def keep_alive(self) -> None:
        """Give signs of life for as long as the event loop turns."""
        while self._watchdog_s > 0:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self._watchdog_s / SIGNS_PER_PERIOD)

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
            try:
                channel.sendto(state.encode("ascii"), self._address)
            except OSError as error:
                log.warning("service_manager_not_told", state=state, error=str(error))
