"""Line: a house whose CSMS listens for all security profiles, and how the station gets from one to the next."""

import asyncio
from pathlib import Path
from typing import Any

from simulators.mock_csms.handshake import ClientCertificate, Security
from simulators.mock_csms.messages import Message
from simulators.mock_csms.settings import Settings as CsmsSettings
from simulators.mock_csms.station import is_request
from tests.flows.house import PASSWORD, SETTINGS, House, until

BASIC, TLS, MUTUAL_TLS = 1, 2, 3
"""The security profiles."""
SLOTS = {BASIC: 1, TLS: 2, MUTUAL_TLS: 3}
"""Where the network profile of each security profile is."""
VARIABLES = """"SecurityCtrlr.OrganizationName" = "Tests"
"OCPPCommCtrlr.NetworkProfileConnectionAttempts" = 1"""


class Line(House):
    """A house whose CSMS listens for all three security profiles; the station begins with the first."""

    def __init__(self, folder: Path, *, security: str = "", **csms: Any) -> None:
        settings = SETTINGS.replace("[[line]]", f"[security]\n{security}\n[[line]]", 1) if security else SETTINGS
        super().__init__(
            folder,
            variables=VARIABLES,
            station="trust_clock = true",  # whether or not the kernel knows of NTP where the tests run
            settings=settings,
            csms=CsmsSettings(
                password=PASSWORD, tls_port=0, mutual_tls_port=0, client_cn="identity", messages_kept=20_000, **csms
            ),
        )

    # Steps

    async def upgrade(self, profile: int, *, before: str = "") -> None:
        """Fill the slot of a security profile, put it first, and restart."""
        await self.fill(profile)
        assert await self.prefer(f"{SLOTS[profile]}{before}") == "Accepted"
        await self.reboot()
        await self.reached(profile)

    async def certified(self) -> None:
        """Give the station the root of the CSMS, and a certificate that it signed."""
        assert await self.csms.install_root(self.seen.id) == "Accepted"
        connections = self.seen.connections
        assert await self.csms.renew_certificate(self.seen.id) == "Accepted"
        await self.came_back(connections)

    async def under_mutual_tls(self) -> None:
        """Be where security profile 3 is in use."""
        await self.certified()
        await self.upgrade(MUTUAL_TLS)

    async def fill(self, profile: int, *, url: str | None = None, slot: int | None = None) -> None:
        answer = await self.call(
            "SetNetworkProfile",
            configurationSlot=slot or SLOTS[profile],
            connectionData={
                "ocppVersion": "OCPP20",
                "ocppTransport": "JSON",
                "ocppCsmsUrl": url or self.csms.url_for(profile),
                "messageTimeout": 30,
                "securityProfile": profile,
                "ocppInterface": "Wired0",
            },
        )
        assert answer["status"] == "Accepted", answer

    async def prefer(self, slots: str) -> str:
        return await self.set("OCPPCommCtrlr.NetworkConfigurationPriority", slots)

    async def set(self, name: str, value: str) -> str:
        """Set a variable; return the status."""
        answer = await self.call("SetVariables", setVariableData=[{**_variable(name), "attributeValue": value}])
        return str(answer["setVariableResult"][0]["attributeStatus"])

    async def get(self, name: str) -> str:
        answer = await self.call("GetVariables", getVariableData=[_variable(name)])
        return str(answer["getVariableResult"][0]["attributeValue"])

    async def reboot(self) -> None:
        """Take the power away and give it back."""
        await self.kill()
        await until(lambda: not self.seen.connected, "the end of the connection")
        await self.start(wait=False)

    # What comes of them

    async def reached(self, profile: int) -> None:
        """Return when the station is there, and has been told that it may be."""
        boots = len(self.boots)
        await until(lambda: self.security.profile == profile and self.seen.connected, f"profile {profile}")
        await until(lambda: len(self.boots) > boots or self.seen.registration == "Accepted", "a boot")

    async def came_back(self, connections: int, *, seconds: float = 3600) -> None:
        await until(lambda: self.seen.connections > connections and self.seen.connected, "it", seconds=seconds)
        await asyncio.sleep(1)

    @property
    def security(self) -> Security:
        assert self.seen.security is not None
        return self.seen.security

    @property
    def shown(self) -> ClientCertificate:
        """The certificate that the station showed last."""
        assert self.security.client is not None
        return self.security.client

    @property
    def boots(self) -> tuple[Any, ...]:
        return self.seen.received("BootNotification")

    def events(self, kind: str, *, after: int = 0) -> list[Any]:
        """Return the security events of this kind that the CSMS got."""

        def fits(message: Message) -> bool:
            return is_request(message, "SecurityEventNotification") and message.payload["type"] == kind

        return [message.payload for message in self.seen.messages.since(after) if fits(message)]

    async def told(self, kind: str, *, after: int = 0) -> Any:
        """Return the first security event of this kind, when it is there."""
        await until(lambda: bool(self.events(kind, after=after)), kind, seconds=3600)
        return self.events(kind, after=after)[0]

    @property
    def identities(self) -> int:
        """How many keys and certificates of its own the station keeps."""
        return len(list((self.folder / "state" / "certificates" / "ChargingStationCertificate").glob("*.*")))

    @property
    def roots(self) -> int:
        """How many roots of the CSMS the station keeps."""
        return len(list((self.folder / "state" / "certificates" / "CSMSRootCertificate").glob("*.pem")))


def _variable(name: str) -> dict[str, Any]:
    component, variable = name.split(".")
    return {"component": {"name": component}, "variable": {"name": variable}}
