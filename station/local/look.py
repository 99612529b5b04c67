"""One place to look at a running station from: every question that an API, a command or a page may have."""

import os
from pathlib import Path
from typing import Final

from station import __version__
from station.core.why import Explanation, explain
from station.local.certificates import certificate_views
from station.local.csms import CsmsSideViews
from station.local.meters import line_views, meter_view
from station.local.outlets import Outlets
from station.local.parts import Parts
from station.local.variables import variable_views
from station.local.views import CertificateView, InputView, OutletView, QueuedView, StationView, VariableView
from station.local.why_facts import facts_of

MEMORY: Final = Path("/proc/self/statm")
MIB: Final = 1024 * 1024


class Look:
    """Makes views, cheap enough to be asked each second by a few; nothing is changed by it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._csms = CsmsSideViews(parts)
        self._outlets = Outlets(parts, why_code=self._why_code)

    @property
    def parts(self) -> Parts:
        """What is looked at."""
        return self._parts

    def station(self) -> StationView:
        """Return the whole station, for operators."""
        parts, settings = self._parts, self._parts.settings
        station = settings.station
        return StationView(
            identity=station.identity,
            vendor_name=station.vendor_name,
            model=station.model,
            serial_number=station.serial_number or "",
            version=__version__,
            started_at=parts.started_at,
            now=parts.clock.now(),
            clock_trusted=parts.clock.synchronised(),
            process_id=os.getpid(),
            memory_mib=memory_mib(),
            csms=self._csms.connection(),
            outlets=tuple(map(self._outlets.for_operator, parts.evses)),
            meters=tuple(meter_view(parts, evse, self._outlets.known_meter(evse.id)) for evse in settings.evses),
            lines=tuple(line_views(parts)),
            card_test_allowed=bool(settings.web.test_card),
            crashes=parts.crashes(),
        )

    def outlets(self) -> tuple[OutletView, ...]:
        """Return all EVSEs, as everybody may see them."""
        return self._outlets.all()

    def outlet(self, evse_id: int) -> OutletView:
        """Return one EVSE; KeyError if there is none."""
        return self._outlets.of(evse_id)

    def why(self, evse_id: int) -> Explanation:
        """Return what stops charging at an EVSE, link by link; KeyError if there is none."""
        return explain(facts_of(self._parts, evse_id))

    def inputs(self) -> tuple[InputView, ...]:
        """Return how the inputs stand, in the order of the settings."""
        return tuple(
            InputView(
                state.name,
                state.meaning.value,
                state.evse_ids,
                active=state.active,
                contact=state.contact,
                latched=state.latched,
                text=state.text if state.active else "",
            )
            for state in self._parts.inputs()
        )

    def variables(self, text: str = "") -> tuple[VariableView, ...]:
        """Return the rows of the device model whose name, `Component#evse.Variable[instance]`, holds `text`."""
        return tuple(variable_views(self._parts.model, text))

    def certificates(self) -> tuple[CertificateView, ...]:
        """Return what is installed; OSError if it cannot be read. The first time takes a moment and memory."""
        return tuple(certificate_views(self._parts.keys))

    def queue(self, limit: int = 200) -> tuple[QueuedView, ...]:
        """Return the oldest messages that wait for the CSMS."""
        return self._csms.queue(limit)

    def dead_letters(self, limit: int = 200) -> tuple[QueuedView, ...]:
        """Return the newest messages that were given up, oldest first."""
        return self._csms.dead_letters(limit)

    def _why_code(self, evse_id: int) -> str:
        first = self.why(evse_id).first
        return first.code if first else ""


def memory_mib(status: Path = MEMORY) -> float | None:
    """Return what this process has in memory (proc_pid_statm(5)); None where that is not told."""
    try:
        pages = int(status.read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / MIB, 1)
