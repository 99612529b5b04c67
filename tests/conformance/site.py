"""Site: a house whose station reaches the CSMS through doors, under one of the security profiles."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ocpp.v201.enums import BootReasonEnumType

from simulators.bench.settings import Settings as BenchSettings
from simulators.bench.settings import plain
from simulators.mock_csms.messages import Message
from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings as CsmsSettings
from simulators.mock_csms.station import is_request
from station.app import Outcome, Station
from station.clock import TimeSource
from station.settings import Settings
from station.storage.database import Database
from tests.conformance.door import Door
from tests.conformance.papers import server_context
from tests.fakes_clock import FakeClock
from tests.flows.house import PASSWORD, SETTINGS, House, until
from tests.pki.authority import Authority

CSMS_NAME = "csms.example.test"
"""Resolved to loopback by the fixture `names`."""

ORGANIZATION = "Tests"
"""Who owns the station: in the subject of its certificates."""

EVSE = """[[line]]
name = "meter {number}"
port = "{{folder}}/meter{number}"
parity = "none"
[[line]]
name = "controller {number}"
port = "{{folder}}/controller{number}"
parity = "none"
[[evse]]
id = {number}
evse_id = "DE*ABC*E{number}"
max_current_a = 16
connector = "{connector}"
[evse.meter]
type = "bsm-ws36a"
line = "meter {number}"
[evse.controller]
type = "phoenix-ev-cc"
line = "controller {number}"
fixed_cable = {fixed_cable}
{bay}[[reader]]
name = "reader {number}"
type = "serial-line"
port = "{{folder}}/reader{number}"
evses = [{number}]
"""

BAY = """[evse.bay]
type = "value-file"
path = "{{folder}}/bay{number}"
"""

KEYPAD = """[[reader]]
name = "keypad"
type = "serial-keypad"
port = "{{folder}}/reader{number}"
evses = [{evses}]
choose = "ask"
"""
"""Where drivers choose an EVSE, and type codes."""

HEAD, REST = SETTINGS.split("[[line]]", 1)
TAIL = REST[REST.index("[variables]") :]
BASIC, TLS, MUTUAL_TLS = 1, 2, 3
"""The security profiles."""


def layout(evses: int, *, security: str, bays: bool, keypad: bool, fixed_cable: bool) -> str:
    """Return the settings of a station with so many EVSEs, to be filled in."""
    head = HEAD.replace('url = "{url}"', 'url = "{door}"').replace('password = "{password}"', "{csms}")
    if security:
        head += f"[security]\n{security}\n"
    numbers = range(1, evses + 1)
    cable = {"connector": "cType2" if fixed_cable else "sType2", "fixed_cable": str(fixed_cable).lower()}
    parts = [EVSE.format(number=number, bay=BAY.format(number=number) if bays else "", **cable) for number in numbers]
    if keypad:
        parts.append(KEYPAD.format(number=evses + 1, evses=", ".join(map(str, numbers))))
    return head + "".join(parts) + TAIL


def bench(folder: Path, evses: int, *, bays: bool, keypad: bool, fixed_cable: bool) -> BenchSettings:
    """Return the devices of such a station."""
    settings = plain(folder, evses=evses, readers=evses, keypads=int(keypad), bays=bays, energy_scale=60)
    cable = "fixed" if fixed_cable else "socket"
    return replace(settings, evses=tuple(replace(evse, cable=cable) for evse in settings.evses))


class SiteClock(FakeClock):
    """The time of the whole site, a battery behind it: it goes with the loop, so that lives and intervals pass."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))

    def offers(self, source: str) -> bool:
        return source == TimeSource.REAL_TIME_CLOCK


class Site(House):
    """`async with Site(folder) as site:` has booted as the reusable state Booted asks."""

    def __init__(
        self,
        folder: Path,
        *,
        profile: int = BASIC,
        evses: int = 1,
        security: str = "",
        bays: bool = False,
        keypad: bool = False,
        fixed_cable: bool = False,
        variables: str = "",
    ) -> None:
        """`bays` are watched; a `keypad` is the last of the readers; a `fixed_cable` instead of sockets.

        `variables`: more lines of that section.
        """
        self.authority = Authority.now("CSMS root")
        """Whose root the station trusts from the beginning under TLS."""
        self.evses = evses
        self.keypad = evses + 1
        """The number of the reader with keys, if there is one."""
        self.profile = profile
        super().__init__(
            folder,
            variables=f'"SecurityCtrlr.OrganizationName" = "{ORGANIZATION}"\n{variables}',
            station="trust_clock = true",  # whether or not the kernel knows of NTP where the tests run
            settings=layout(evses, security=security, bays=bays, keypad=keypad, fixed_cable=fixed_cable),
            bench=bench(folder, evses, bays=bays, keypad=keypad, fixed_cable=fixed_cable),
        )
        self.clock = SiteClock()
        self.csms = MockCsms(CsmsSettings(messages_kept=20_000), now=self.clock.now)
        self._stack = AsyncExitStack()
        self.door = self.another_door(profile)
        """Where the station of the settings goes."""

    def another_door(self, profile: int) -> Door:
        """Return another endpoint of the same CSMS for a security profile, yet to be entered."""
        tls = None if profile == BASIC else self.tls(mutual=profile == MUTUAL_TLS)
        return Door(
            lambda: self.csms.url,
            host="127.0.0.1" if tls is None else CSMS_NAME,
            tls=tls,
            password=None if profile == MUTUAL_TLS else PASSWORD,
        )

    def tls(
        self,
        name: str = CSMS_NAME,
        *,
        mutual: bool = False,
        authority: Authority | None = None,
        days: float = 365,
        not_before: datetime | None = None,
    ) -> ssl.SSLContext:
        """Return what a server shows whose certificate is for this name and time, by this authority."""
        issuer = authority or self.authority
        leaf = issuer.issue(name, sans=[name], days=days, not_before=not_before)
        return server_context(leaf, self.folder, asks=self.authority if mutual else None)

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.bench)
        await self._stack.enter_async_context(self.csms)
        await self._stack.enter_async_context(self.door)
        lines = [f'password = "{PASSWORD}"']
        if self.profile > BASIC:
            self.authority.write(self.folder)
            lines += [f"security_profile = {self.profile}", 'root_certificate = "root.pem"']
        self.say(door=self.door.url, csms="\n".join(lines))
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
        await self._stack.__aexit__(kind, error, trace)

    # The station's process

    def _made(self, settings: Settings, database: Database, reason: BootReasonEnumType) -> Station:
        elapsed_s = asyncio.get_running_loop().time
        return Station(settings, database, boot_reason=reason, clock=self.clock, elapsed_s=elapsed_s)

    async def restarted(self) -> None:
        """Wait until the station ends to start anew, and start it, as `station run` does."""
        async with asyncio.timeout(600):
            assert await self.ended() is Outcome.RESTART
        assert self.station is not None
        assert self.station.restart_reason is not None
        await self.start(reason=self.station.restart_reason, wait=False)

    async def power_cycle(self) -> None:
        await self.kill()
        await self.start(wait=False)

    # What came from the station

    @property
    def now(self) -> int:
        """A place in the record of all messages: what comes later has a higher number."""
        return self.seen.messages.last

    async def request(
        self,
        action: str,
        fits: Callable[[Any], bool] = lambda _payload: True,
        *,
        after: int = 0,
        seconds: float = 600,
    ) -> Any:
        """Return the payload of the station's first request after a place in the record that fits."""

        def wanted(message: Message) -> bool:
            return is_request(message, action) and fits(message.payload)

        message = await self.seen.wait_for_message(wanted, after=after, timeout_s=seconds, what=action)
        return message.payload

    def requests(self, action: str, *, after: int = 0) -> list[Any]:
        """Return the payloads of all requests of an action that came after a place in the record."""
        return [message.payload for message in self.seen.messages.since(after) if is_request(message, action)]

    async def security_event(self, *types: str, after: int = 0) -> Any:
        return await self.request("SecurityEventNotification", lambda event: event["type"] in types, after=after)

    # The device model

    async def get_variables(self, *wanted: Mapping[str, Any]) -> list[Any]:
        answer = await self.call("GetVariables", getVariableData=list(wanted))
        return list(answer["getVariableResult"])

    async def get(self, name: str, **more: Any) -> str:
        """Return the value of `Component.Variable` or `Component.Variable[instance]`."""
        (result,) = await self.get_variables(variable(name, **more))
        assert result["attributeStatus"] == "Accepted", result
        return str(result["attributeValue"])

    async def set_variables(self, *wanted: Mapping[str, Any]) -> list[Any]:
        answer = await self.call("SetVariables", setVariableData=list(wanted))
        return list(answer["setVariableResult"])

    async def set(self, name: str, value: str, **more: Any) -> Any:
        """Set a variable; return what the station says about it."""
        (result,) = await self.set_variables({**variable(name, **more), "attributeValue": value})
        return result

    async def configured(self, **values: str) -> None:
        """Bring variables of OCPPCommCtrlr into the state that a case asks for."""
        for name, value in values.items():
            result = await self.set(f"OCPPCommCtrlr.{name}", value)
            assert result["attributeStatus"] == "Accepted", result

    async def notified(self, request_id: int, *, after: int) -> list[Any]:
        """Return the rows of a report, in the order in which its parts say they belong."""
        parts: list[Any] = []
        while not parts or parts[-1].get("tbc", False):
            fits = partial(_is_part, (request_id, len(parts)))
            parts.append(await self.request("NotifyReport", fits, after=after))
        assert [part["seqNo"] for part in self.requests("NotifyReport", after=after)] == list(range(len(parts)))
        assert all(part["generatedAt"] for part in parts)
        return [row for part in parts for row in part.get("reportData", ())]

    # Network profiles

    async def active_slot(self) -> int:
        return int(await self.get("OCPPCommCtrlr.ActiveNetworkProfile"))

    async def only_active_slot(self) -> int:
        """Leave nothing in NetworkConfigurationPriority but the profile in use; return its slot."""
        slot = await self.active_slot()
        await self.configured(NetworkConfigurationPriority=str(slot))
        return slot

    async def set_profile(self, slot: int, url: str, security_profile: int) -> str:
        """Write a network connection profile; return the status."""
        answer = await self.call(
            "SetNetworkProfile",
            configurationSlot=slot,
            connectionData={
                "ocppVersion": "OCPP20",
                "ocppTransport": "JSON",
                "ocppCsmsUrl": url,
                "messageTimeout": 30,
                "securityProfile": security_profile,
                "ocppInterface": "Wired0",
            },
        )
        return str(answer["status"])

    async def prefer(self, *slots: int) -> str:
        """Say in which order the profiles are to be tried; return the status."""
        result = await self.set("OCPPCommCtrlr.NetworkConfigurationPriority", ",".join(map(str, slots)))
        return str(result["attributeStatus"])

    async def connected(self, door: Door, *, upgrades: int) -> None:
        """Return when so many upgrade requests have come to a door, and the station is in."""
        await until(
            lambda: len(door.upgrades) >= upgrades and self.seen.connected, f"upgrade {upgrades}", seconds=3600
        )


def variable(name: str, *, attribute: str | None = None, evse: int | None = None) -> dict[str, Any]:
    """Return component and variable of a request: `Component.Variable` or `Component.Variable[instance]`."""
    component, _, rest = name.partition(".")
    plain_name, _, instance = rest.removesuffix("]").partition("[")
    return {
        "component": {"name": component, **({"evse": {"id": evse}} if evse else {})},
        "variable": {"name": plain_name, **({"instance": instance} if instance else {})},
        **({"attributeType": attribute} if attribute else {}),
    }


def good(status_info: Any) -> bool:
    """Tell whether a status has nothing bad to say about itself."""
    return status_info is None or status_info["reasonCode"] == "NoError"


def _is_part(wanted: tuple[int, int], part: Any) -> bool:
    return (part["requestId"], part["seqNo"]) == wanted
