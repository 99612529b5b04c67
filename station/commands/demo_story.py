"""What drivers do in a demo and what can be seen of it from outside, told line by line."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from station.commands.demo_stage import Stage

CARD: Final = "04A2B3C4D5E680"
SESSION_S: Final = 45.0
"""How long the meter and the CSMS may take over a signed record."""

Json = dict[str, Any]
T = TypeVar("T")


class Teller:
    """Tells what happens, a line each, with the seconds since it began."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, what: str, more: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {what:14} {more}", flush=True)


class Acts:
    """Plays the drivers, and says what the CSMS and the bench show of it; DemoError for what does not happen."""

    def __init__(self, stage: Stage, teller: Teller) -> None:
        self.csms = stage.csms
        self.bench = stage.bench
        self.stage = stage
        self.say = teller.say

    def wait_for(self, what: str, look: Callable[[], T | None], *, seconds: float = SESSION_S) -> T:
        """Return what `look` finds as soon as it finds something."""
        return self.stage.parts.wait_for(what, look, seconds=seconds)

    def boot(self) -> None:
        """Wait until the CSMS has accepted the station."""
        boot = self.wait_for("the boot", self.csms.boot)
        self.say("booted", f"{boot['chargingStation']['vendorName']} {boot['chargingStation']['model']}, accepted")

    def available(self, evses: int = 1) -> None:
        """Wait until the meters have been read and everybody may charge."""
        for evse in range(1, evses + 1):
            self.wait_for("Available", lambda evse=evse: self.csms.connector("Available", evse))  # type: ignore[misc]
        self.say("Available", f"{evses} EVSEs" if evses > 1 else "EVSE 1")

    def plug(self, evse: int = 1) -> None:
        self.bench.plug(evse)
        self.wait_for("Occupied", lambda: self.csms.connector("Occupied", evse))
        self.say("plugged", f"EVSE {evse}, connector Occupied")

    def ask(self, card: str) -> str:
        """Show a card that the station asks the CSMS about; return what the CSMS says."""
        before = len(self.csms.verdicts(card))
        self.bench.swipe(card)
        verdict = self.wait_for("Authorize", lambda: self.csms.verdicts(card)[before:])[0]
        meaning = "the CSMS knows it" if verdict == "Accepted" else "nothing begins"
        self.say("card shown", f"{card}: {verdict}; {meaning}")
        return verdict

    def begun(self, since: datetime, evse: int = 1) -> str:
        """Return the id of the transaction that began at an EVSE after that."""
        found = self.wait_for("Started", lambda: self.csms.started(since, evse))
        self.say("started", f"transaction {found}; the meter signs the start")
        return found

    def signed_start(self, transaction_id: str) -> None:
        """Wait until the meter has signed the start of a transaction."""
        signed = {"triggerReason": "SignedDataReceived"}
        self.wait_for("the signed start", lambda: self.csms.told(transaction_id, **signed))
        self.say("signed start", "SignedDataReceived; now the vehicle may draw current")

    def begin(self, card: str = CARD, evse: int = 1) -> str:
        """Let a driver come and charge; return the id of the transaction."""
        self.plug(evse)
        now = datetime.now(UTC)
        self.ask(card)
        transaction_id = self.begun(now, evse)
        self.signed_start(transaction_id)
        return transaction_id

    def charge(self, evse: int = 1, *, lines: int = 2, every_s: float = 1.5) -> None:
        """Let energy flow for a while."""
        self.wait_for("Charging", lambda: self.bench.evse(evse)["power_w"] > 0)
        for _ in range(lines):
            state = self.bench.evse(evse)
            self.say("charging", f"{state['power_w'] / 1000:5.1f} kW, {state['session_wh'] / 1000:6.2f} kWh")
            time.sleep(every_s)

    def stop(self, card: str = CARD) -> None:
        """Let the driver show the card again."""
        self.bench.swipe(card)
        self.say("card again", f"{card}: current off, the meter signs the end")

    def ended(self, transaction_id: str, *, signed: bool = True) -> Json:
        """Wait until the CSMS has everything of a transaction."""
        ended = self.wait_for("Ended", lambda: self.csms.ended(transaction_id, signed=signed))
        energy_wh = ended["signedEnergyWh"]
        told = "no signed end" if energy_wh is None else f"{energy_wh / 1000:.2f} kWh signed"
        where = f"EVSE {ended['evse']['id']}, {ended['stoppedReason']}"
        self.say("signed end" if signed else "ended", f"{where}, {told}")
        return ended

    def unplug(self, evse: int = 1) -> None:
        self.bench.unplug(evse)
        self.wait_for("Available", lambda: self.csms.connector("Available", evse))
        self.say("unplugged", f"EVSE {evse}, connector Available")


def plain_session(acts: Acts) -> str:
    """Let one driver come, charge and go; return the id of the transaction."""
    transaction_id = acts.begin()
    acts.charge(lines=4, every_s=2.0)
    acts.stop()
    ended = acts.ended(transaction_id)
    acts.unplug()
    for what in ("begin", "end"):
        acts.say("the CSMS says", f"{what} record: signature {ended[what]['signature']}")
    return transaction_id
