"""Stations for the mock CSMS: a bare one that sends what it is told, and one of the library `ocpp`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from ocpp.exceptions import SecurityError
from ocpp.routing import after, on
from ocpp.v201 import ChargePoint, call, call_result
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from simulators.mock_csms.server import MockCsms


class BareStation:
    """Sends frames and reads frames, one at a time; has no opinion."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self._count = 0

    async def ask(self, action: str, payload: Any) -> list[Any]:
        """Send a CALL and return the whole answer."""
        await self.send_call(action, payload)
        return await self.read()

    async def told(self, action: str, payload: Any) -> Any:
        """Send a CALL and return the payload of its CALLRESULT."""
        answer = await self.ask(action, payload)
        assert answer[0] == 3, answer
        return answer[2]

    async def send_call(self, action: str, payload: Any) -> str:
        self._count += 1
        await self.send([2, f"m-{self._count}", action, payload])
        return f"m-{self._count}"

    async def send(self, frame: Any) -> None:
        await self.websocket.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))

    async def read(self) -> list[Any]:
        async with asyncio.timeout(100):
            frame: list[Any] = json.loads(await self.websocket.recv())
            return frame


@asynccontextmanager
async def bare_station(csms: MockCsms, identity: str = "CS1", **options: Any) -> AsyncIterator[BareStation]:
    async with connect(csms.url_of(identity), subprotocols=["ocpp2.0.1"], **options) as websocket:
        yield BareStation(websocket)


class LibraryStation(ChargePoint):
    """A station that takes a remote start with the id token `good` and refuses a reset as a security problem."""

    @on("RequestStartTransaction")
    async def start_transaction(self, id_token: dict[str, Any], **_: Any) -> call_result.RequestStartTransaction:
        status = "Accepted" if id_token["id_token"] == "good" else "Rejected"
        return call_result.RequestStartTransaction(status=status)

    @on("Reset")
    async def reset(self, **_: Any) -> call_result.Reset:
        raise SecurityError("not before noon", {"noon": "12:00"})

    @on("ClearCache")
    async def clear_cache(self, **_: Any) -> call_result.ClearCache:
        await asyncio.Event().wait()
        raise AssertionError


@asynccontextmanager
async def library_station(csms: MockCsms, identity: str = "CS1") -> AsyncIterator[LibraryStation]:
    async with connect(csms.url_of(identity), subprotocols=["ocpp2.0.1"]) as websocket:
        station = LibraryStation(identity, websocket)
        async with running(station):
            yield station


@asynccontextmanager
async def running(station: ChargePoint) -> AsyncIterator[None]:
    async def run() -> None:
        with suppress(ConnectionClosed):
            await station.start()

    task = asyncio.create_task(run(), name="library-station")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class SecuredStation(ChargePoint):
    """A station that has one key, sends its CSR when it is told to, and takes what it is given; or not, if `grim`."""

    def __init__(self, identity: str, websocket: ClientConnection) -> None:
        super().__init__(identity, websocket)
        self.csr = ""
        self.grim = False
        self.certificates: list[dict[str, Any]] = []
        self.roots: list[dict[str, Any]] = []
        self.passwords: list[str] = []

    @property
    def _status(self) -> str:
        return "Rejected" if self.grim else "Accepted"

    @on("TriggerMessage")
    async def trigger(self, requested_message: str, **_: Any) -> call_result.TriggerMessage:
        assert requested_message.startswith("Sign")
        return call_result.TriggerMessage(status=self._status)

    @after("TriggerMessage")
    async def send_csr(self, requested_message: str, **_: Any) -> None:
        use = requested_message.removeprefix("Sign")
        await self.call(call.SignCertificate(csr=self.csr, certificate_type=use))

    @on("CertificateSigned")
    async def certificate(self, **payload: Any) -> call_result.CertificateSigned:
        self.certificates.append(payload)
        return call_result.CertificateSigned(status=self._status)

    @on("InstallCertificate")
    async def root(self, **payload: Any) -> call_result.InstallCertificate:
        self.roots.append(payload)
        return call_result.InstallCertificate(status=self._status)

    @on("SetVariables")
    async def variables(self, set_variable_data: list[dict[str, Any]], **_: Any) -> call_result.SetVariables:
        (data,) = set_variable_data
        self.passwords.append(data["attribute_value"])
        names = {"component": data["component"], "variable": data["variable"]}
        return call_result.SetVariables([{"attribute_status": self._status, **names}])


@asynccontextmanager
async def secured_station(csms: MockCsms, identity: str = "CS1", **options: Any) -> AsyncIterator[SecuredStation]:
    async with connect(csms.url_of(identity), subprotocols=["ocpp2.0.1"], **options) as websocket:
        station = SecuredStation(identity, websocket)
        async with running(station):
            yield station
