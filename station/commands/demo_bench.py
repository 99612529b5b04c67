"""What the demo sees and does at the bench, by its control API: drivers, vehicles and the gremlin."""

from pathlib import Path
from typing import Any

from station.commands.demo_parts import DemoError, get, post

Json = dict[str, Any]


class Bench:
    """The bench; its EVSEs and readers go by their numbers."""

    def __init__(self, api: str) -> None:
        self.api = api

    def evse(self, evse: int = 1) -> Json:
        """Return how an EVSE and what is plugged in there stand."""
        return next(dict(state) for state in get(f"{self.api}/state")["evses"] if state["id"] == evse)

    def plug(self, evse: int = 1) -> None:
        post(f"{self.api}/evses/{evse}/plug", side="both")

    def unplug(self, evse: int = 1) -> None:
        post(f"{self.api}/evses/{evse}/unplug", side="both")

    def swipe(self, card: str) -> None:
        post(f"{self.api}/readers/1/swipe", uid=card)

    def fault(self, name: str, *, on: bool, evse: int = 1) -> None:
        """Put a fault on or take it off; docs/bench.md lists them."""
        post(f"{self.api}/evses/{evse}/faults", name=name, on=on)

    def cut(self, port: str, *, on: bool) -> None:
        """Cut the line whose port has this name, or mend it."""
        for line in get(f"{self.api}/state")["lines"]:
            if Path(line["path"]).name == port:
                post(f"{self.api}/lines/{line['id']}/cut", on=on)
                return
        raise DemoError(f"the bench has no line {port}")
