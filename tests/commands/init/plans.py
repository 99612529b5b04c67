"""A plan for a station as it could be."""

from dataclasses import replace
from typing import Any

from station.commands.init.plan import CsmsPlan, DevicePlan, EvsePlan, LinePlan, Plan, ReaderPlan, WebPlan

LINES = (
    LinePlan("meters", "/dev/serial/by-id/usb-METER", 19200, "E"),
    LinePlan("controllers", "/dev/serial/by-id/usb-CP", 9600, "N"),
)
CSMS = CsmsPlan("wss://csms.example/ocpp", 2, "csms-password", "")
WEB = WebPlan(enabled=True, host="127.0.0.1", port=8081, public_url="https://station.example", language="de")


def evse(number: int, *, fixed: bool = False) -> EvsePlan:
    return EvsePlan(
        id=number,
        name=f"DE*ABC*E{number}",
        max_current_a=16 + number,
        phases=3,
        fixed_cable=fixed,
        meter=DevicePlan("bsm-ws36a", "meters", 41 + number),
        controller=DevicePlan("phoenix-ev-cc", "controllers", number),
    )


def plan(**changes: Any) -> Plan:
    whole = Plan(
        identity="CS-77",
        vendor_name='Smith "& Sons"',
        model="M1",
        serial_number="2026-1",
        state_dir="state",
        trust_clock=True,
        timezone="Europe/Berlin",
        csms=CSMS,
        lines=LINES,
        evses=(evse(1),),
        readers=(ReaderPlan("reader", "serial-line", "/dev/ttyACM0", 115200, (1,)),),
        web=WEB,
    )
    return replace(whole, **changes)
