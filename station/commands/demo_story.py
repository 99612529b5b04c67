"""The charging session of the demo: a driver comes, charges and goes."""

import time
from datetime import UTC, datetime
from typing import Any

from station.commands.demo_csms import Csms
from station.commands.demo_parts import Parts, get, post

CARD = "04A2B3C4D5E680"
CHARGING_LINES = 4
LINE_EVERY_S = 2.0
SESSION_S = 45.0

Json = dict[str, Any]


class Teller:
    """Tells what happens, a line each, with the seconds since it began."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, what: str, more: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {what:14} {more}", flush=True)


class Story:
    """Plays the driver and says what can be seen from outside."""

    def __init__(self, parts: Parts, teller: Teller, *, csms: Csms, bench_api: str) -> None:
        self._parts = parts
        self._say = teller.say
        self._csms = csms
        self._bench = bench_api
        self.transaction_id = ""

    def boot(self) -> None:
        """Wait until the CSMS has accepted the station."""
        boot = self._parts.wait_for("the boot", self._csms.boot)
        self._say("booted", f"{boot['chargingStation']['vendorName']} {boot['chargingStation']['model']}, accepted")

    def charge(self) -> None:
        """Let one driver come, charge and go."""
        post(f"{self._bench}/evses/1/plug", side="both")
        self._parts.wait_for("Occupied", lambda: self._csms.connector("Occupied"))
        self._say("plugged", "connector Occupied")
        swiped = datetime.now(UTC)
        post(f"{self._bench}/readers/1/swipe", uid=CARD)
        self._parts.wait_for("Authorize", lambda: self._csms.seen("Authorize"))
        self._say("card accepted", "the CSMS knows it; the meter signs the start")
        self.transaction_id = self._parts.wait_for(
            "the signed start", lambda: self._csms.started(swiped), seconds=SESSION_S
        )
        self._say("signed start", f"transaction {self.transaction_id}")
        self._parts.wait_for("Charging", lambda: self._evse()["power_w"] > 0)
        for _ in range(CHARGING_LINES):
            evse = self._evse()
            self._say("charging", f"{evse['power_w'] / 1000:5.1f} kW, {evse['session_wh'] / 1000:6.2f} kWh")
            time.sleep(LINE_EVERY_S)
        post(f"{self._bench}/readers/1/swipe", uid=CARD)
        self._say("card again", "current off, the meter signs the end")
        ended = self._parts.wait_for(
            "the signed end", lambda: self._csms.ended(self.transaction_id), seconds=SESSION_S
        )
        self._say(
            "signed end", f"{ended['stoppedReason'] or 'Local'}, {ended['signedEnergyWh'] / 1000:.2f} kWh signed"
        )
        post(f"{self._bench}/evses/1/unplug", side="both")
        self._parts.wait_for("Available", lambda: self._csms.connector("Available"))
        self._say("unplugged", "connector Available")
        for what, value in (("begin", ended["begin"]), ("end", ended["end"])):
            self._say("the CSMS says", f"{what} record: signature {value['signature']}")

    def _evse(self) -> Json:
        return dict(get(f"{self._bench}/state")["evses"][0])
