"""A report as it could be, and its parts read back."""

from html.parser import HTMLParser
from typing import Any

from station.commands.doctor.findings import Group
from station.commands.report.facts import Meter, Outlet, Report
from station.commands.report.software import Software
from tests.fakes_clock import START

KEY = "3059301306072a8648ce3d020106082a8648ce3d030107034200" + "04" + "ab" * 64
METER = Meter("BAUER Electronic BSM-WS36A", "001BZR1521070001", "1.9", "abc", "11b4", certified=True, public_key=KEY)
OUTLET = Outlet(1, "DE*ABC*E1", "sType2", 16, 3, "phoenix-ev-cc, unit 1", METER, "https://station.example/?evse=1")
GROUP = Group("computer")


def report(**changes: Any) -> Report:
    values: dict[str, Any] = {
        "made_at": START,
        "made_by": "Ada <ada@example>",
        "software": Software("0.1.0", "cafe", 3),
        "identity": "STATION-1",
        "vendor_name": "Tests & Sons",
        "model": "House",
        "serial_number": "7",
        "csms_url": "wss://csms.example",
        "settings_file": "/etc/station/station.toml",
        "settings": {"station": {"identity": "STATION-1"}, "csms": {"password": "***"}},
        "outlets": (OUTLET,),
        "findings": (GROUP.ok("clock", "right"), GROUP.failure("disk", "<full>", "make room")),
    }
    return Report(**values | changes)


class Page(HTMLParser):
    """Reads a page: its text, its tags, and whatever it would load or lead to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [str(value) for name, value in attrs if name in ("src", "href", "action", "xlink:href")]
        if tag not in ("meta", "br", "link", "img"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] != "style":
            self.text += f"{data} "
