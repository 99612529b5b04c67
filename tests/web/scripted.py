"""A station that lives as a test tells it to: what the pages are shown, without any device behind it."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from station.core.why_codes import Explanation, Link, Standing, Step
from station.local.views import (
    Activity,
    CertificateView,
    CsmsView,
    Done,
    HistoryView,
    LineView,
    LiveView,
    MeterView,
    OperatorOutlet,
    OutletView,
    QueuedView,
    Refused,
    StationView,
    VariableView,
)

KEY = "3059301306072a8648ce3d020106082a8648ce3d03010703420004" + "5ac1b72e09d4" * 10 + "ffeeddcc"
SERIAL = "001BZR1521070003"
TRANSACTION = "5d0f6f0e-6d5c-4f6f-9c0b-3f1b8f6f2a11"


def now() -> datetime:
    return datetime.now(UTC)


def outlet(evse_id: int, **changes: Any) -> OutletView:
    """Return a free outlet, but for what is changed."""
    free = OutletView(
        evse_id=evse_id,
        name=f"DE*ABC*E1234*{evse_id}",
        connector="sType2",
        max_current_a=16,
        phases=3,
        status="Available",
        activity=Activity.FREE,
        public_key=KEY,
        meter_serial=SERIAL,
    )
    return dataclasses.replace(free, **changes)


def charging(evse_id: int, *, minutes: float = 24, power_w: float = 10_950, **changes: Any) -> OutletView:
    amps = power_w / 3 / 230
    values: dict[str, Any] = {
        "activity": Activity.CHARGING,
        "status": "Occupied",
        "offered_a": 16.0,
        "live": LiveView(power_w, (amps, amps, amps), (230.4, 229.8, 231.1), 1_204_310.0),
        "started_at": now() - timedelta(minutes=minutes),
        "energy_wh": power_w * minutes / 60,
        "cost_text": "2,15 EUR",
    }
    return outlet(evse_id, **(values | changes))


class ScriptedLook:
    """Answers as `station.local.look.Look` does."""

    def __init__(self, *outlets: OutletView) -> None:
        self.shown: dict[int, OutletView] = {one.evse_id: one for one in outlets or (outlet(1),)}
        self.online = True
        self.version = "0.6.0"
        self.card_test_allowed = True

    def change(self, evse_id: int, **changes: Any) -> None:
        self.shown[evse_id] = dataclasses.replace(self.shown[evse_id], **changes)

    def put(self, view: OutletView) -> None:
        self.shown[view.evse_id] = view

    def outlets(self) -> tuple[OutletView, ...]:
        return tuple(self.shown.values())

    def outlet(self, evse_id: int) -> OutletView:
        return self.shown[evse_id]

    def station(self) -> StationView:
        return StationView(
            identity="STATION-1",
            vendor_name="Stadtwerke",
            model="Musterplatz",
            serial_number="S-0042",
            version=self.version,
            started_at=now() - timedelta(hours=31),
            now=now(),
            clock_trusted=True,
            process_id=4711,
            memory_mib=48.2,
            csms=self._csms(),
            outlets=tuple(self._operated(one) for one in self.shown.values()),
            meters=tuple(self._meter(one) for one in self.shown.values()),
            lines=(
                LineView("meters", "/dev/ttyMETER", 19200, "even", COUNTERS),
                LineView("controllers", "/dev/ttyCONTROLLER", 9600, "none", COUNTERS),
            ),
            card_test_allowed=self.card_test_allowed,
        )

    def why(self, evse_id: int) -> Explanation:
        view = self.shown[evse_id]
        first = STOPPED.get(view.activity)
        links = [first if first and step is first.step else Link(step, Standing.OK, code) for step, code in FINE]
        return Explanation(evse_id, view.activity is Activity.CHARGING, tuple(links))

    def variables(self, text: str = "") -> tuple[VariableView, ...]:
        return tuple(row for row in VARIABLES if text.lower() in f"{row.component}.{row.variable}".lower())

    def certificates(self) -> tuple[CertificateView, ...]:
        begun = datetime(2026, 1, 1, tzinfo=UTC)
        issuer = "CN=Charging Root CA,O=Example"
        return (
            CertificateView("CSMSRootCertificate", issuer, issuer, "1f03", begun, begun + timedelta(days=3650)),
            CertificateView(
                "ChargingStationCertificate", "CN=STATION-1", issuer, "77ab", begun, now() + timedelta(days=20)
            ),
        )

    def queue(self, limit: int = 200) -> tuple[QueuedView, ...]:
        return (QueuedView(812, "TransactionEvent", TRANSACTION, 4, now() - timedelta(minutes=3), 1),)

    def dead_letters(self, limit: int = 200) -> tuple[QueuedView, ...]:
        reason = "CALLERROR FormationViolation: value too long"
        return (QueuedView(377, "NotifyEvent", "", None, now() - timedelta(days=2), 3, reason),)

    def _csms(self) -> CsmsView:
        failure = "" if self.online else "csms.example: no answer within 30 s"
        return CsmsView(
            url="wss://csms.example/ocpp",
            slot=1,
            security_profile=2,
            connected=self.online,
            registration="Accepted",
            online=self.online,
            last_failure=failure,
            queued=1,
            dead_letters=1,
        )

    def _operated(self, view: OutletView) -> OperatorOutlet:
        charges = view.activity is Activity.CHARGING
        return OperatorOutlet(
            outlet=view,
            faults=("MeterSilent",) if view.activity is Activity.FAULTED else (),
            plugged=view.status == "Occupied",
            pilot="C" if charges else "A",
            cable_rating_a=20.0 if charges else None,
            limit_a=None,
            inoperative=view.activity is Activity.UNAVAILABLE,
            authorized=charges,
            transaction_id=TRANSACTION if charges else "",
            charging_state="Charging" if charges else "",
            metering="on" if charges else "off",
            owed_transaction="",
        )

    def _meter(self, view: OutletView) -> MeterView:
        return MeterView(
            evse_id=view.evse_id,
            serial=view.meter_serial,
            model="BSM-WS36A-H01-1311-0000",
            meter_firmware="1.9:32CA",
            communication_firmware="1.3:E4F1",
            public_key=view.public_key,
            warnings=(),
            unfit="",
            known=True,
            line="meters",
            unit=41 + view.evse_id,
            counters=COUNTERS,
            reading_age_s=0.8,
        )


class ScriptedHistory:
    """Answers as `station.local.history.History` does: ten minutes, the last of which begins to charge."""

    def of(self, evse_id: int) -> HistoryView:
        powers = [0.0] * 240 + [11_000.0 * min(1.0, n / 40) for n in range(360)]
        amps = [power / 690 for power in powers]
        return HistoryView(
            evse_id=evse_id,
            until=now(),
            step_s=1.0,
            power_w=tuple(None if 100 < n < 110 else power for n, power in enumerate(powers)),
            currents_a=tuple(tuple(a * (1 + phase / 50) for a in amps) for phase in range(3)),
            voltages_v=tuple(tuple(230.0 + phase - a / 8 for a in amps) for phase in range(3)),
        )


class ScriptedActs:
    """Does as `station.local.acts.Acts` does, but that nothing happens; `done` tells what was asked for."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []

    async def unlock(self, evse_id: int, *, who: str) -> Done | Refused:
        self.done.append(("unlock", evse_id))
        return Done(f"the plug of EVSE {evse_id} is let go")

    async def stop(self, evse_id: int, *, who: str) -> Done | Refused:
        self.done.append(("stop", evse_id))
        return Refused(f"nothing runs at EVSE {evse_id}")

    async def reset(self, evse_id: int | None, *, who: str) -> Done | Refused:
        self.done.append(("reset", evse_id))
        return Done("restarts when nobody charges")

    async def test_session(self, evse_id: int, *, who: str) -> Done | Refused:
        self.done.append(("test_session", evse_id))
        return Done("presented")

    async def set_variable(self, name: str, value: str, *, who: str, confirmed: bool = False) -> Done | Refused:
        if name == "AuthCtrlr.AuthorizeRemoteStart" and not confirmed:
            return Refused("everybody could charge then", needs_confirmation=True)
        self.done.append(("set", name, value))
        return Done(f"{name} is {value}")


COUNTERS: Mapping[str, int] = {
    "frames": 184_223, "retries": 3, "timeouts": 2, "crc_errors": 1, "wrong_answers": 0, "refusals": 0,
    "drained_bytes": 12, "bytes_out": 1_473_784, "bytes_in": 9_211_150,
}  # fmt: skip

FINE = (
    (Step.PROCESS, "process_healthy"),
    (Step.CSMS, "csms_connected"),
    (Step.BOOT, "boot_answered"),
    (Step.ACCEPTED, "csms_accepted"),
    (Step.OPERATIVE, "in_service"),
    (Step.FAULT, "no_fault"),
    (Step.PLUG, "plugged_in"),
    (Step.CARD, "card_accepted"),
    (Step.LIMIT, "limit_ok"),
    (Step.METER_TIME, "time_ok"),
    (Step.METER_ERROR, "meter_ok"),
    (Step.CONTACTOR, "contactor_closed"),
    (Step.VEHICLE, "vehicle_charges"),
)

STOPPED = {
    Activity.FREE: Link(Step.PLUG, Standing.WAITS, "plug_in"),
    Activity.PLUGGED: Link(Step.CARD, Standing.WAITS, "card_awaited"),
    Activity.FAULTED: Link(Step.METER_ERROR, Standing.STOPS, "meter_silent", "/dev/ttyMETER, unit 42: no answer"),
    Activity.PAUSED_BY_VEHICLE: Link(Step.VEHICLE, Standing.WAITS, "vehicle_declines"),
}

MODES = ("Never", "OncePerTransaction", "EveryMeterValue")


def variable(
    name: str, value: str, mutability: str, *, unit: str = "", kind: str = "string", values: tuple[str, ...] = ()
) -> VariableView:
    """Return a row of the device model by its whole name."""
    place, _, name_there = name.partition(".")
    component, _, evse_id = place.partition("#")
    evse = int(evse_id) if evse_id else None
    return VariableView(component, name_there, evse, None, value, mutability, unit, kind, values, name)


VARIABLES = (
    variable("OCPPCommCtrlr.HeartbeatInterval", "300", "ReadWrite", unit="s", kind="integer"),
    variable("OCPPCommCtrlr.PublicKeyWithSignedMeterValue", "Never", "ReadWrite", kind="OptionList", values=MODES),
    variable("SecurityCtrlr.BasicAuthPassword", "", "WriteOnly"),
    variable("AuthCtrlr.AuthorizeRemoteStart", "false", "ReadWrite", kind="boolean"),
    variable("EVSE#1.Power", "11040", "ReadOnly", unit="W", kind="decimal"),
    variable("FiscalMetering#1.PublicKey", KEY, "ReadOnly"),
)
