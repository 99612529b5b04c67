"""The EVSEs, as everybody may see them, and what an operator sees of them beside that."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from station.core.powermeter import Powermeter
from station.core.session import Session, charging_state, connector_status, idle
from station.evse import Evse
from station.hardware.display import ShownNotice
from station.local.activity import activity_of
from station.local.brief import Brief
from station.local.parts import Parts
from station.local.views import LiveView, NoticeView, OperatorOutlet, OutletView
from station.settings import EvseSettings
from station.storage.last_sessions import LastSession, last_sessions
from station.storage.meters import KnownMeter, Meters

NEWS_S: Final = 60.0
"""How long a notice is worth showing."""
RECEIPT_SHOWN: Final = timedelta(minutes=15)
"""How long the receipt of the last session is offered at the outlet."""


class Outlets:
    """Makes the views of all EVSEs."""

    def __init__(self, parts: Parts, *, why_code: Callable[[int], str]) -> None:
        """`why_code` names the first thing that stops charging at an EVSE."""
        self._parts = parts
        self._why_code = why_code
        self._settings = {evse.id: evse for evse in parts.settings.evses}
        # Of a meter that has not answered since the start; nobody else writes it while the station runs.
        meters = Meters(parts.database)
        self._known = {evse_id: meters.known(evse_id) for evse_id in parts.evses}
        self._last = Brief(lambda: last_sessions(parts.database))

    def all(self) -> tuple[OutletView, ...]:
        """Return every EVSE."""
        return tuple(map(self.of, self._parts.evses))

    def known_meter(self, evse_id: int) -> KnownMeter | None:
        """Return the meter that an EVSE had when the station started; None if none was met before."""
        return self._known[evse_id]

    def of(self, evse_id: int) -> OutletView:
        """Return one EVSE; KeyError if there is none."""
        evse, settings = self._parts.evses[evse_id], self._settings[evse_id]
        session, last = evse.session, self._last().get(evse_id)
        receipt = self._receipt(session, last)
        serial, key = self._meter(evse)
        running = session.transaction.id if session.transaction else ""
        return OutletView(
            evse_id=evse_id,
            name=settings.name,
            connector=settings.connector,
            max_current_a=settings.max_current_a,
            phases=settings.phases,
            status=connector_status(session).value,
            activity=activity_of(session),
            public_key=key.hex(),
            meter_serial=serial,
            offered_a=session.offered_amps,
            live=live_view(evse.reading, settings),
            started_at=last.started_at if last and last.transaction_id == running else None,
            energy_wh=_energy_wh(session, evse.reading),
            cost_text=self._parts.costs(running or receipt),
            notice=self._notice(evse),
            last_receipt=receipt,
            why_code=self._why_code(evse_id),
        )

    def for_operator(self, evse_id: int) -> OperatorOutlet:
        """Return what an operator sees of one EVSE; KeyError if there is none."""
        session = self._parts.evses[evse_id].session
        transaction = session.transaction
        return OperatorOutlet(
            outlet=self.of(evse_id),
            faults=tuple(sorted(fault.value for fault in session.faults)),
            plugged=session.plugged,
            pilot=session.letter,
            cable_rating_a=session.cable_rating_amps,
            limit_a=session.limit_amps,
            inoperative=session.inoperative,
            authorized=session.authorization is not None,
            transaction_id=transaction.id if transaction else "",
            charging_state=charging_state(session).value if transaction else "",
            metering=session.metering.value,
            owed_transaction=session.owed or "",
        )

    def _meter(self, evse: Evse) -> tuple[str, bytes]:
        """Return serial and public key of the meter that is there, or was there last."""
        meter = evse.identity or self._known[evse.evse_id]
        return (meter.serial, meter.public_key) if meter else ("", b"")

    def _receipt(self, session: Session, last: LastSession | None) -> str:
        """Return the session whose receipt its driver may still want to have."""
        if session.transaction is not None or last is None or last.ended_at is None:
            return ""
        age = self._parts.clock.now() - last.ended_at
        return last.transaction_id if timedelta(0) <= age <= RECEIPT_SHOWN else ""

    def _notice(self, evse: Evse) -> NoticeView | None:
        """Return what was said here last, or to nobody in particular if nobody is meant yet."""
        notices = self._parts.notices()
        shown, general = notices.get(evse.evse_id), notices.get(None)
        if general is not None and self._is_meant(general, evse):
            shown = general
        if shown is None:
            return None
        age_s = (self._parts.clock.now() - shown.at).total_seconds()
        if not 0 <= age_s <= NEWS_S:
            return None
        told = shown.notice
        return NoticeView(told.notice.value, shown.at, told.text, told.language)

    def _is_meant(self, general: ShownNotice, evse: Evse) -> bool:
        """Say whether what was said at no EVSE is news here: nobody charges here, and nothing was said since."""
        newest = max(shown.at for shown in self._parts.notices().values())
        return general.at >= newest and (idle(evse.session) or len(self._parts.evses) == 1)


def live_view(reading: Powermeter | None, settings: EvseSettings) -> LiveView:
    """Return the live values of the phases that the EVSE has."""
    if reading is None:
        return LiveView()
    current, voltage = reading.current_a, reading.voltage_v
    return LiveView(
        power_w=reading.power_w.total if reading.power_w else None,
        currents_a=_measured(current.each if current else (), settings.phases),
        voltages_v=_measured(voltage.each if voltage else (), settings.phases),
        register_wh=reading.energy_wh_import.total,
    )


def _measured(each: tuple[float | None, ...], phases: int) -> tuple[float, ...]:
    """Return the values by phase; none if one of them is missing, since the others could not be told apart."""
    values = tuple(value for value in each[:phases] if value is not None)
    return values if len(values) == min(phases, len(each)) else ()


def _energy_wh(session: Session, reading: Powermeter | None) -> float | None:
    """Return what went through since the signed begin; None before it, or while the meter is silent."""
    transaction = session.transaction
    if transaction is None or transaction.begin is None:
        return None
    live = reading.energy_wh_import.total if reading else None
    now = transaction.end.energy_wh if transaction.end else live
    return None if now is None else max(0.0, float(now - transaction.begin.energy_wh))
