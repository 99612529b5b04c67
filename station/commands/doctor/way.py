"""The way to the CSMS that the station takes, or would take: its network profile, password and certificates."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.clock import Clock
from station.core import variables as var
from station.core.device_model import DeviceModel, rows_for
from station.core.network import WITH_CERTIFICATE, Attempt, NetworkProfile, plain_profile
from station.device_facts import evse_facts
from station.ocpp.access import Access, LineSettings
from station.ocpp.endpoint import Endpoint
from station.ocpp.failures import Failure
from station.ocpp.passwords import Passwords
from station.ocpp.slots import FROM_FILE, OWN_SLOT, Slots
from station.pki.keystore import FOLDER, KeyStore
from station.pki.material import TlsMaterial
from station.settings import Settings
from station.storage.database import NAME, Database
from station.storage.facts import Facts
from station.storage.network_profiles import NetworkProfiles
from station.storage.variables import Variables

FIRST: Final = 0


@dataclass(frozen=True, slots=True)
class Way:
    """What is dialled first after a start."""

    profile: NetworkProfile
    others: tuple[NetworkProfile, ...]
    """What is dialled when the first does not answer."""
    endpoint: Endpoint | Failure
    """How, or why it cannot be dialled."""
    material: TlsMaterial
    """The certificates that a connection over TLS is made with."""


def way(settings: Settings, clock: Clock) -> Way:
    """Return the way as settings and what the CSMS changed have it; StorageError if that cannot be read."""
    with _memory(settings.station.state_dir, clock) as database:
        model = _model(settings, database)
        first, *others = _profiles(settings, database, model)
        keys = _Keys(settings, clock)
        access = Access(
            LineSettings(
                settings.station.identity, settings.csms.compression, settings.csms.proxy, settings.csms.system_roots
            ),
            passwords=Passwords(Facts(database), lambda: model[var.BASIC_AUTH_PASSWORD]),
            keys=keys,
            allow_wildcards=lambda: model[var.ALLOW_CSMS_TLS_WILDCARDS],
        )
        material = keys.tls_materials(with_client=first.security_profile == WITH_CERTIFICATE)[FIRST]
        return Way(first, tuple(others), access.endpoint(Attempt(first, FIRST)), material)


class _Keys:
    """The certificates as they are; a root that the settings name counts already, if the station has none yet."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._store = KeyStore(settings.station.state_dir / FOLDER, now=clock.now, read_only=True)
        self._file = settings.csms.root_certificate

    def tls_materials(self, *, with_client: bool) -> tuple[TlsMaterial, ...]:
        materials = self._store.tls_materials(with_client=with_client)
        if self._file is None or materials[FIRST].roots:
            return materials
        named = (self._file.read_text("ascii", errors="replace"),)
        return tuple(TlsMaterial(named, material.client) for material in materials)

    def worked(self, material: TlsMaterial) -> None:
        """Nothing is learned from a look."""


@contextmanager
def _memory(folder: Path, clock: Clock) -> Iterator[Database]:
    """Open what the station remembers, for reading; where there is nothing yet, what it would begin with."""
    if (folder / NAME).exists():
        with Database.look(folder) as database:
            yield database
        return
    with tempfile.TemporaryDirectory(prefix="station-doctor-") as nowhere, Database.open(Path(nowhere), clock) as new:
        yield new


def _model(settings: Settings, database: Database) -> DeviceModel:
    stored, presets = Variables(database), dict(settings.variables)
    if settings.csms.password is not None:
        presets[var.BASIC_AUTH_PASSWORD.address] = settings.csms.password.reveal()
    rows = rows_for(evse_facts(settings), vendors=settings.vendors)
    return DeviceModel(rows, stored=stored.all(), presets=presets, save=stored.save)


def _profiles(settings: Settings, database: Database, model: DeviceModel) -> list[NetworkProfile]:
    """Return the profiles in the order of a start; what the settings say now comes first if it is news."""
    slots = Slots(
        NetworkProfiles(database),
        Facts(database),
        priority=lambda: model[var.NETWORK_CONFIGURATION_PRIORITY],
        set_priority=lambda _order: None,
        downgrade_allowed=lambda: model[var.ALLOW_SECURITY_PROFILE_DOWNGRADE],
    )
    own = plain_profile(
        OWN_SLOT,
        url=settings.csms.url,
        security_profile=settings.csms.security_profile,
        message_timeout_s=model[var.MESSAGE_TIMEOUT],
    )
    if _is_news(own, Facts(database).get(FROM_FILE)):
        return [own, *(profile for profile in slots.in_order() if profile.slot != OWN_SLOT)]
    return slots.in_order()


def _is_news(own: NetworkProfile, before: str | None) -> bool:
    """Tell whether the settings lead elsewhere than when the station took them over last."""
    if before is None:
        return True
    known = NetworkProfile(*json.loads(before))
    return (known.url, known.security_profile) != (own.url, own.security_profile)
