"""What the two sides of the station, the EVSEs and the CSMS, have in common."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ocpp.v201.enums import BootReasonEnumType

from station.clock import StationClock
from station.core.device_model import DeviceModel
from station.core.reports import Sample
from station.ocpp.redaction import Shown
from station.ocpp.spawn import Spawn
from station.settings import Settings
from station.storage.database import Database


@dataclass(frozen=True, slots=True)
class Ground:
    """What both sides stand on."""

    settings: Settings
    database: Database
    model: DeviceModel
    clock: StationClock
    mail: asyncio.Event
    """Set when something was put into the outbox."""
    news: asyncio.Event
    """Set when the status of a connector changed."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the CSMS side asks of the station as a whole."""

    spawn: Spawn
    restart: Callable[[BootReasonEnumType], None]
    delivered: Callable[[bytes], None]
    """The CSMS has this record."""
    told_plain: Callable[[str, Sample], None]
    """The CSMS has this sample of a transaction, without a signature."""
    on_frame: Callable[[bool, Shown], None]
    """A message went (True) or came, for those who look."""
