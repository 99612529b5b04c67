"""The parts that choose the line to the CSMS, over a real database, with keys and events to look at."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from station.core.network import NetworkProfile, plain_profile
from station.core.security_events import SecurityEvent
from station.ocpp.access import Access, LineSettings
from station.ocpp.network import Network
from station.ocpp.passwords import Passwords
from station.ocpp.slots import Slots
from station.pki.material import TlsMaterial
from station.secret import Secret
from station.storage.database import Database
from station.storage.facts import Facts
from station.storage.network_profiles import NetworkProfiles
from tests.fakes_clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

PASSWORD = "the-first-password-of-all"


def a_profile(slot: int = 1, url: str = "ws://127.0.0.1:1/", security: int = 1, **changes: Any) -> NetworkProfile:
    made = plain_profile(slot, url=url, security_profile=security, message_timeout_s=30)
    return NetworkProfile(slot, {**made.document, **changes})


class Keys:
    """A key store that is told what it holds."""

    def __init__(self) -> None:
        self.materials: list[TlsMaterial] = []
        self.used: list[TlsMaterial] = []

    def tls_materials(self, *, with_client: bool) -> tuple[TlsMaterial, ...]:
        if with_client:
            return tuple(self.materials)
        return tuple(dict.fromkeys(TlsMaterial(material.roots) for material in self.materials))

    def worked(self, material: TlsMaterial) -> None:
        self.used.append(material)


class Events:
    """Security events as they were told; `once` counts until `clear`."""

    def __init__(self) -> None:
        self.told: list[tuple[SecurityEvent, str]] = []
        self._once: set[SecurityEvent] = set()

    def notify(self, event: SecurityEvent, tech_info: str = "") -> None:
        self.told.append((event, tech_info))

    def once(self, event: SecurityEvent, tech_info: str = "") -> None:
        if event not in self._once:
            self._once.add(event)
            self.notify(event, tech_info)

    @property
    def kinds(self) -> list[SecurityEvent]:
        return [event for event, _ in self.told]


class Lines:
    """Everything up to the link; `again` begins anew on the same disk."""

    def __init__(self, folder: Path, *, priority: tuple[str, ...] = ("1",), **line: Any) -> None:
        self.folder = folder
        self.priority = priority
        self.attempts = 1
        self.downgrade_allowed = False
        self.password = Secret(PASSWORD)
        self.keys, self.events = Keys(), Events()
        self.switched = 0
        self.drops: list[str] = []
        self.errands: list[Coroutine[Any, Any, None]] = []
        self.drop: Callable[[str], None] = self.drops.append
        self._line = LineSettings("CS 1", **line)
        self._open()

    def _open(self) -> None:
        self.database = Database.open(self.folder, FakeClock())
        self.store, self.facts = NetworkProfiles(self.database), Facts(self.database)
        self.slots = Slots(
            self.store,
            self.facts,
            priority=lambda: self.priority,
            set_priority=self.set_priority,
            downgrade_allowed=lambda: self.downgrade_allowed,
        )
        self.passwords = Passwords(self.facts, lambda: self.password)
        self.access = Access(self._line, passwords=self.passwords, keys=self.keys)
        self.network = Network(
            self.slots,
            self.access,
            attempts=lambda: self.attempts,
            events=self.events,
            on_switched=self._count_switch,
            drop=lambda reason: self.drop(reason),
            spawn=lambda _name, work: self.errands.append(work),
        )

    def again(self) -> None:
        self.database.close()
        self._open()

    def close(self) -> None:
        self.database.close()

    def set_priority(self, slots: tuple[str, ...]) -> None:
        self.priority = slots

    def _count_switch(self) -> None:
        self.switched += 1
