"""A station to look at: EVSEs on fake devices, settings, a device model, and all that people see and act through."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from ocpp.v201.enums import AuthorizationStatusEnumType as Status

from station.core.authorization import Rules
from station.core.device_model import DeviceModel, rows_for
from station.core.tokens import IdToken, TokenInfo
from station.device_facts import connect, evse_facts
from station.hardware.display import LogDisplay
from station.local.acts import Acts, Hands
from station.local.desk import Desk
from station.local.learning import Learning
from station.local.look import Look
from station.local.parts import Parts
from station.local.rings import Events, Frames
from station.meter.bus import Line
from station.ocpp.presenting import Presenting, Reach
from station.pki.keystore import KeyStore
from station.settings import load
from station.storage.variables import Variables
from tests.ocpp.yard import ANNA, Yard
from tests.settings.files import MINIMAL, READER, SECOND_EVSE

WEB = '[web]\ntest_card = "TEST-1"\n'


@dataclass
class Csms:
    """The way to the CSMS, as a test wants it to be."""

    connected: bool = True
    registration: str = "Accepted"
    online: bool = True
    url: str = "ws://127.0.0.1:9000/ocpp"
    slot: int = 1
    security_profile: int = 1
    last_failure: str = ""
    why_closed: str | None = None

    def closed(self) -> str | None:
        return self.why_closed


@dataclass
class Judge:
    """Knows who may charge."""

    accepted: set[IdToken] = field(default_factory=lambda: {ANNA, IdToken("TEST-1", "Local")})

    async def authorize(self, token: IdToken) -> TokenInfo | None:
        return self.known(token)

    def known(self, token: IdToken) -> TokenInfo | None:
        return TokenInfo(Status.accepted if token in self.accepted else Status.blocked)

    def rules(self) -> Rules:
        return Rules()


class Place:
    """Made on a running loop; `async with place.open()` lets its EVSEs live."""

    def __init__(self, folder: Path, *, more: str = WEB, evses: int = 2, fixed_cable: bool = False) -> None:
        self.folder = folder / "state"
        self.file = folder / "station.toml"
        text = MINIMAL.replace('model = "Bench"', f'model = "Bench"\nstate_dir = "{self.folder}"')
        if fixed_cable:
            text = text.replace('"sType2"', '"cType2"') + "fixed_cable = true\n"
        self.file.write_text(text + (SECOND_EVSE if evses == 2 else "") + READER + more)
        self.settings = load(self.file)
        self.yard = Yard(self.folder, evses=evses)
        self.clock, self.database, self.evses = self.yard.clock, self.yard.database, self.yard.evses
        rows = rows_for(evse_facts(self.settings))
        self.model = DeviceModel(rows, stored={}, presets={}, save=Variables(self.database).save)
        connect(self.model, self.settings, self.evses, self.clock)
        self.display = LogDisplay(self.clock.now)
        self.csms, self.judge = Csms(), Judge()
        self.events, self.frames = Events(), Frames(self.clock.now)
        self.lines = {"rs485": Line("/dev/ttyMETER")}
        self.costs: dict[str, str] = {}
        self.crashes: dict[str, str] = {}
        self.resets: list[int | None] = []
        self.security: list[tuple[str, str]] = []
        self.learning = Learning()
        self._presenting = Presenting(
            self.evses,
            self.judge,
            closed=lambda: self.csms.why_closed,
            cable_timeout_s=lambda: 60.0,
            display=self.display,
        )
        self.parts = self._parts()
        self.look = Look(self.parts)
        hands = Hands(self._reset, self.present, lambda event, text: self.security.append((event, text)))
        self.acts = Acts(self.parts, hands)
        self.desk = Desk(self.look, self.acts, events=self.events, frames=self.frames, learning=self.learning)

    async def present(self, token: IdToken, evse_id: int) -> None:
        await self._presenting.presented(token, Reach((evse_id,)))

    @contextlib.asynccontextmanager
    async def open(self, *, awake: bool = True) -> AsyncIterator[Yard]:
        async with self.yard.open(awake=awake):
            yield self.yard

    def _reset(self, evse_id: int | None) -> bool:
        self.resets.append(evse_id)
        return evse_id is None or evse_id in self.evses

    def _parts(self) -> Parts:
        return Parts(
            settings=self.settings,
            database=self.database,
            model=self.model,
            clock=self.clock,
            evses=self.evses,
            lines=self.lines,
            notices=lambda: self.display.last,
            csms=self.csms,
            keys=KeyStore(self.folder / "certificates", now=self.clock.now),
            started_at=self.clock.now(),
            events=self.events,
            frames=self.frames,
            costs=lambda transaction_id: self.costs.get(transaction_id, ""),
            crashes=lambda: self.crashes,
        )
