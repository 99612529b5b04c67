"""Builds what people at the station see and act through: views, the socket of commands, and the status page."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from station.app.csms_side import CsmsSide
from station.app.ground import Ground
from station.core.network import shown
from station.evse import Evse
from station.inputs.watch import Inputs
from station.local.parts import LineFacts, Parts
from station.local.rings import Events, Frames
from station.supervisor import Crashes

if TYPE_CHECKING:
    from station.local.acts import Acts
    from station.local.desk import Desk
    from station.local.history import History
    from station.local.look import Look


class LocalSide:
    """Everything between the EVSEs and the people who stand in front of them.

    What makes views is loaded when somebody is served for the first time: nobody looks before the station has booted.
    """

    def __init__(
        self,
        ground: Ground,
        evses: Mapping[int, Evse],
        lines: Mapping[str, LineFacts],
        *,
        csms: CsmsSide,
        events: Events,
        frames: Frames,
        crashes: Crashes,
        inputs: Inputs,
    ) -> None:
        self._ground = ground
        self._csms = csms
        self._inputs = inputs
        self.parts = Parts(
            settings=ground.settings,
            database=ground.database,
            model=ground.model,
            clock=ground.clock,
            evses=evses,
            lines=lines,
            notices=lambda: csms.drivers.notices.last,
            csms=_Csms(csms),
            keys=csms.connection.keys,
            started_at=ground.clock.now(),
            events=events,
            frames=frames,
            costs=csms.drivers.costs.of,
            crashes=lambda: crashes.recent(asyncio.get_running_loop().time()),
            inputs=lambda: inputs.states,
        )

    @cached_property
    def look(self) -> "Look":
        """What everything is looked at through."""
        from station.local.look import Look

        return Look(self.parts)

    @cached_property
    def _history(self) -> "History":
        from station.local.history import History

        return History(self.parts.evses, self.parts.clock)

    @cached_property
    def acts(self) -> "Acts":
        """What everything is done through."""
        from station.local.acts import Acts, Hands

        csms = self._csms
        hands = Hands(csms.soft_reset, csms.drivers.present, csms.security.notify, self._inputs.reset)
        return Acts(self.parts, hands)

    def components(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        """Yield what runs for people, by name; none of it may ever end the station."""
        yield "socket", self._serve_socket
        if self._ground.settings.web.enabled:
            yield "history", self._keep_history
            yield "web", self._serve_web

    async def _keep_history(self) -> None:
        await self._history.run()

    async def _serve_socket(self) -> None:
        from station.local.socket_server import SocketServer

        await SocketServer(self._desk, self.parts.settings.station.state_dir).run()

    def _desk(self) -> "Desk":
        from station.local.desk import Desk

        parts, learning = self.parts, self._csms.drivers.learning
        return Desk(self.look, self.acts, events=parts.events, frames=parts.frames, learning=learning)

    async def _serve_web(self) -> None:
        # Loaded beside the loop: it takes a fifth of a second on a PC, and seconds on a small computer.
        await asyncio.to_thread(import_module, "station.web.server")
        from station.receipts.desk import ReceiptDesk
        from station.storage.card_names import CardNames
        from station.web.server import WebServer

        parts = self.parts
        server = WebServer(
            parts.settings.web,
            look=self.look,
            acts=self.acts,
            history=self._history,
            receipts=ReceiptDesk(parts.database, names=CardNames(parts.database)),
            events=parts.events,
            frames=parts.frames,
            state_dir=parts.settings.station.state_dir,
            now=parts.clock.now,
        )
        await server.run()


class _Csms:
    """The way to the CSMS, for those who look (station.local.parts.CsmsFacts)."""

    def __init__(self, side: CsmsSide) -> None:
        self._side = side

    @property
    def connected(self) -> bool:
        return self._side.session.connected

    @property
    def registration(self) -> str:
        status = self._side.registration.status
        return status.value if status else ""

    @property
    def online(self) -> bool:
        return self._side.online

    @property
    def url(self) -> str:
        return shown(self._side.connection.network.active.url)

    @property
    def slot(self) -> int:
        return self._side.connection.network.active.slot

    @property
    def security_profile(self) -> int:
        return self._side.connection.network.active.security_profile

    @property
    def last_failure(self) -> str:
        failure = self._side.connection.network.last_failure
        return failure.reason if failure else ""

    def closed(self) -> str | None:
        return self._side.closed()
