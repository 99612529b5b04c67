"""The way to a security profile, told to a station of the library `ocpp` that goes along with it, or does not."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from ocpp.routing import after, on
from ocpp.v201 import ChargePoint, call, call_result
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings
from station.commands.demo_csms import Csms
from station.commands.demo_parts import DemoError, Parts
from station.commands.demo_security import Upgrade
from station.commands.demo_story import Teller
from tests.simulators.mock_csms.tls_peer import csr, new_key, showing, trusting

pytestmark = pytest.mark.realtime

IDENTITY, PASSWORD = "DEMO-1", "a-password-for-tests"


class Willing(ChargePoint):
    """Takes whatever the CSMS gives, as far as its home lets it."""

    def __init__(self, websocket: Any, home: "Home") -> None:
        super().__init__(IDENTITY, websocket)
        self.home = home

    @on("InstallCertificate")
    async def root(self, certificate: str, **_: Any) -> Any:
        self.home.root = certificate
        return call_result.InstallCertificate(status=self.home.status("InstallCertificate"))

    @on("TriggerMessage")
    async def trigger(self, **_: Any) -> Any:
        return call_result.TriggerMessage(status=self.home.status("TriggerMessage"))

    @after("TriggerMessage")
    async def ask(self, **_: Any) -> None:
        await self.call(call.SignCertificate(csr=csr(self.home.key, IDENTITY)))

    @on("CertificateSigned")
    async def certificate(self, certificate_chain: str, **_: Any) -> Any:
        self.home.chain = certificate_chain
        return call_result.CertificateSigned(status=self.home.status("CertificateSigned"))

    @after("CertificateSigned")
    async def show_it(self, **_: Any) -> None:
        await self._connection.close()

    @on("SetNetworkProfile")
    async def slot(self, connection_data: dict[str, Any], **_: Any) -> Any:
        self.home.slot = connection_data
        return call_result.SetNetworkProfile(status=self.home.status("SetNetworkProfile"))

    @on("SetVariables")
    async def prefer(self, set_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        (data,) = set_variable_data
        status = self.home.status("SetVariables", "RebootRequired")
        names = {key: data[key] for key in ("component", "variable")}
        return call_result.SetVariables([{"attribute_status": status, **names}])

    @on("GetVariables")
    async def tell(self, get_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        value = {"attribute_status": "Accepted", "attribute_value": self.home.reported}
        return call_result.GetVariables([{**value, **data} for data in get_variable_data])

    @on("Reset")
    async def reset(self, **_: Any) -> Any:
        return call_result.Reset(status=self.home.status("Reset"))

    @after("Reset")
    async def restart(self, **_: Any) -> None:
        self.home.profile = int(self.home.slot["security_profile"])
        if not self.home.forgetful:
            self.home.reported = str(self.home.profile)
        self.home.boot_reason = "RemoteReset"
        await self._connection.close()


class Home:
    """What the station keeps, and how it connects with it."""

    def __init__(self, csms: MockCsms, folder: Path) -> None:
        self.csms = csms
        self.folder = folder
        self.key = new_key()
        self.root = self.chain = ""
        self.slot: dict[str, Any] = {}
        self.profile = 1
        self.reported = "1"
        self.boot_reason: str | None = "PowerUp"
        self.stubborn = ""
        """The action that it refuses."""
        self.forgetful = False
        """Whether it goes on reporting its first security profile."""

    def status(self, action: str, status: str = "Accepted") -> str:
        return "Rejected" if action == self.stubborn else status

    async def run(self) -> None:
        while True:
            try:
                await self._connection()
            except* ConnectionClosed:
                pass

    async def _connection(self) -> None:
        url, login = self.csms.url, base64.b64encode(f"{IDENTITY}:{PASSWORD}".encode()).decode()
        context = None
        headers = {"Authorization": f"Basic {login}"}
        if self.profile > 1:
            url, context = str(self.slot["ocpp_csms_url"]), trusting(self.root)
        if self.profile == 3:
            context, headers = showing(self.folder, self.root, self.chain, self.key), {}
        options: dict[str, Any] = {"subprotocols": ["ocpp2.0.1"], "ssl": context, "additional_headers": headers}
        async with connect(f"{url}/{IDENTITY}", **options) as websocket:
            station = Willing(websocket, self)
            async with asyncio.TaskGroup() as group:
                group.create_task(station.start())
                if self.boot_reason is not None:
                    about = {"model": "M", "vendor_name": "V"}
                    await station.call(call.BootNotification(charging_station=about, reason=self.boot_reason))
                    self.boot_reason = None


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    settings = Settings(password=PASSWORD, api_port=0, tls_port=0, mutual_tls_port=0)
    async with MockCsms(settings) as csms:
        home = Home(csms, tmp_path)
        running = asyncio.create_task(home.run(), name="station")
        await csms.station(IDENTITY).wait_for("BootNotification")
        yield home
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def upgraded(home: Home, profile: int) -> None:
    urls = {str(number): url for number, url in home.csms.urls.items()}
    csms = Csms({"api": home.csms.api_url, "ocpp": home.csms.url, "profiles": urls}, IDENTITY)
    with Parts(home.folder) as parts:
        await asyncio.to_thread(Upgrade(parts, Teller(), csms=csms, profile=profile).tell)


async def test_the_way_to_mutual_tls_is_told(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    await upgraded(home, 3)
    told = capsys.readouterr().out
    assert [line[10:24].strip() for line in told.splitlines()] == [
        "profile 1", "root installed", "owner named", "CSR wanted", "certificate", "slot written", "slot first",
        "reset", "booted again", "profile 3", "the station",
    ]  # fmt: skip
    assert "says SecurityProfile 3" in told
    security = home.csms.station(IDENTITY).security
    assert security is not None
    assert security.client is not None
    assert security.client.serial[:16] in told
    assert home.csms.station(IDENTITY).problems == ()


async def test_the_way_to_tls_needs_no_certificate(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    await upgraded(home, 2)
    told = capsys.readouterr().out
    assert "profile 2" in told
    assert "CSR" not in told
    assert home.chain == ""


@pytest.mark.parametrize(
    ("action", "step"),
    [
        ("InstallCertificate", "root installed"),
        ("CertificateSigned", "certificate"),
        ("SetNetworkProfile", "slot written"),
        ("SetVariables", "owner named"),
        ("Reset", "reset"),
    ],
)
async def test_a_step_that_the_station_refuses_is_named(home: Home, action: str, step: str) -> None:
    home.stubborn = action
    with pytest.raises(DemoError, match=f"{step}: the station answered Rejected"):
        await upgraded(home, 3)


async def test_a_station_that_reports_another_profile_is_found_out(home: Home) -> None:
    home.forgetful = True
    with pytest.raises(DemoError, match="SecurityProfile 1"):
        await upgraded(home, 2)
