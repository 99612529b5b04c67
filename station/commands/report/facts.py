"""What a commissioning report says, gathered from settings, meters and a look at everything."""

import hashlib
import ipaddress
import tomllib
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from station.commands.doctor.case import Case
from station.commands.doctor.devices import known_meters
from station.commands.doctor.findings import Finding
from station.commands.doctor.read_only import ReadOnly
from station.commands.report.masked import masked
from station.commands.report.software import Software, installed
from station.errors import DeviceError
from station.meter.bsm.identity import CERTIFIED, identify
from station.meter.keys import oca_public_key
from station.meter.lines import line_at
from station.meter.port import MeterIdentity
from station.settings import EvseSettings, Settings, WebSettings


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter as it stands in the report."""

    model: str
    serial: str
    meter_firmware: str
    communication_firmware: str
    firmware_hash: str
    """Hexadecimal SHA-256; empty if it is not known."""
    certified: bool
    """Its firmware is on the list of certified ones."""
    public_key: str
    """Hexadecimal DER."""
    unfit: str = ""
    """Why it must not be used for billing; empty if it may."""

    @property
    def public_key_oca(self) -> str:
        """The key as the OCA writes it: oca:base16:asn1:<hex>."""
        return b64decode(oca_public_key(bytes.fromhex(self.public_key))).decode("ascii")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key in its DER form."""
        return hashlib.sha256(bytes.fromhex(self.public_key)).hexdigest()


@dataclass(frozen=True, slots=True)
class Outlet:
    """An EVSE as it stands in the report."""

    evse_id: int
    name: str
    connector: str
    max_current_a: int
    phases: int
    controller: str
    meter: Meter | None
    """None if it has never been met."""
    page: str
    """Where a driver finds it; empty if there is no page."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything."""

    made_at: datetime
    made_by: str
    software: Software
    identity: str
    vendor_name: str
    model: str
    serial_number: str
    csms_url: str
    settings_file: str
    settings: Mapping[str, Any]
    """Without secrets."""
    outlets: tuple[Outlet, ...]
    findings: tuple[Finding, ...]


async def gather(case: Case, findings: tuple[Finding, ...], *, made_by: str) -> Report:
    """Return the report of this moment."""
    settings = case.settings
    meters = await _meters(case)
    return Report(
        made_at=case.clock.now(),
        made_by=made_by,
        software=installed(),
        identity=settings.station.identity,
        vendor_name=settings.station.vendor_name,
        model=settings.station.model,
        serial_number=settings.station.serial_number or "",
        csms_url=settings.csms.url,
        settings_file=str(settings.path),
        settings=masked(tomllib.loads(settings.path.read_text("utf-8"))),
        outlets=tuple(_outlet(evse, meters.get(evse.id), settings.web) for evse in settings.evses),
        findings=findings,
    )


def page_of(web: WebSettings, evse_id: int) -> str:
    """Return where a driver finds an EVSE's page; empty if there is none, or its address is not known.

    One that listens at this computer's own address only has something in front of it, which the settings name.
    """
    if not web.enabled:
        return ""
    base = web.public_url
    if not base:
        address = ipaddress.ip_address(web.host)
        anywhere = address.is_unspecified or address.is_loopback
        host = next(iter(web.names), "") if anywhere else web.host
        if not host or not web.port:
            return ""
        scheme = "http" if web.certificate is None else "https"
        base = f"{scheme}://{f'[{host}]' if ':' in host else host}:{web.port}"
    return f"{base}/?evse={evse_id}"


def _outlet(evse: EvseSettings, meter: Meter | None, web: WebSettings) -> Outlet:
    return Outlet(
        evse_id=evse.id,
        name=evse.name,
        connector=evse.connector,
        max_current_a=evse.max_current_a,
        phases=evse.phases,
        controller=f"{evse.controller.type}, unit {evse.controller.unit} on line {evse.controller.line}",
        meter=meter,
        page=page_of(web, evse.id),
    )


async def _meters(case: Case) -> dict[int, Meter]:
    """Return the meters by EVSE: as the running station tells them, as they answer, or as they are remembered."""
    settings = case.settings
    found = {
        evse_id: Meter("", known.serial, "", "", "", certified=False, public_key=known.public_key.hex())
        for evse_id, known in known_meters(settings).items()
        if known is not None
    }
    if not case.runs:
        return found | await _asked(settings)
    if case.told is None:
        return found
    for evse in settings.evses:
        if (told := case.told.meter(evse.id)).get("known"):
            found[evse.id] = _told(told)
    return found


async def _asked(settings: Settings) -> dict[int, Meter]:
    found: dict[int, Meter] = {}
    for line in settings.lines:
        there = line_at(line.port, baud=line.baud_rate, parity=line.parity)
        try:
            for evse in settings.evses:
                if evse.meter.line == line.name:
                    device = ReadOnly(there.device(evse.meter.unit))
                    found[evse.id] = _of(*(await identify(device, name=f"meter of EVSE {evse.id}"))[:1])
        except DeviceError:
            continue  # the findings say so
        finally:
            there.close()
    return found


def _of(who: MeterIdentity) -> Meter:
    firmware = (who.meter_firmware, who.communication_firmware, who.firmware_hash.hex())
    return Meter(
        model=f"{who.manufacturer} {who.model}",
        serial=who.serial,
        meter_firmware=who.meter_firmware,
        communication_firmware=who.communication_firmware,
        firmware_hash=who.firmware_hash.hex(),
        certified=firmware in CERTIFIED,
        public_key=who.public_key.hex(),
        unfit=who.unfit,
    )


def _told(meter: Mapping[str, Any]) -> Meter:
    return Meter(
        model=str(meter["model"]),
        serial=str(meter["serial"]),
        meter_firmware=str(meter["meter_firmware"]),
        communication_firmware=str(meter["communication_firmware"]),
        firmware_hash=str(meter.get("firmware_hash", "")),
        certified=not meter["warnings"],
        public_key=str(meter["public_key"]),
        unfit=str(meter["unfit"]),
    )
