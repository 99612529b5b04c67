"""API: what ports show, how they meet stations, and certificates. Imports aiohttp: import this module late."""

from collections.abc import Awaitable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from simulators.mock_csms.errands import CSMS_ROOT, STATION_CERTIFICATE
from simulators.mock_csms.errors import CallFailedError, RequestError
from simulators.mock_csms.http_json import body_of, failure_of, known_station
from simulators.mock_csms.listener import Listener, Upgrade
from simulators.mock_csms.members import Types, misfit
from simulators.mock_csms.station import WAIT_S, Signing
from simulators.mock_csms.tls import Flaw, Tls
from simulators.mock_csms.views import signing_view, tls_view

if TYPE_CHECKING:
    from simulators.mock_csms.server import MockCsms

_TLS: Final[Types] = {
    "flaw": (str,),
    "names": (list,),
    "key": (str,),
    "maximum_version": (str,),
    "ciphers": (str,),
    "client_ca": (str,),
    "expired_clients": (bool,),
}
_UPGRADE: Final[Types] = {"status": (int,), "drop": (bool,), "subprotocol": (str, type(None)), "times": (int,)}
_SIGNING: Final[Types] = {"automatic": (bool,), "flaw": (str,), "valid_days": (int, float)}
_SIGN: Final[Types] = {"csr": (str,), "flaw": (str,), "valid_days": (int, float)}
_ROOT: Final[Types] = {"certificate": (str,), "use": (str,)}
_CERTIFICATE: Final[Types] = {"trigger": (bool,), "use": (str,), "flaw": (str,), "valid_days": (int, float)}
_PASSWORD: Final[Types] = {"password": (str,), "tell": (bool,)}
_REPORT: Final[Types] = {"action": (str,), "payload": (dict,), "timeout_s": (int, float)}

_MOST_DAYS: Final = 36500


class SecurityApi:
    """The part of the control API that is about security profiles and certificates."""

    def __init__(self, csms: "MockCsms") -> None:
        self._csms = csms

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/tls", self._look),
            web.put("/tls/{profile}", self._show),
            web.put("/upgrade/{profile}", self._meet),
            web.post("/ca/sign", self._sign),
            web.put("/stations/{id}/signing", self._signing),
            web.post("/stations/{id}/root", self._root),
            web.post("/stations/{id}/certificate", self._certificate),
            web.post("/stations/{id}/password", self._password),
            web.post("/stations/{id}/reports", self._report),
        ]

    async def _look(self, _request: web.Request) -> web.Response:
        authority = self._csms.authority
        listeners = {
            profile: {"url": url, **tls_view(self._csms.listener(profile).tls)}
            for profile, url in sorted(self._csms.urls.items())
        }
        root_file = authority.root_file and str(authority.root_file)
        return web.json_response(
            {
                "root": authority.root_pem,
                "rootFile": root_file,
                "listeners": listeners,
                "failures": self._csms.tls_failures,
            }
        )

    async def _show(self, request: web.Request) -> web.Response:
        listener, body = self._listener(request), await _checked(request, _TLS)
        names = body.pop("names", [])
        if not all(isinstance(name, str) for name in names):
            raise RequestError("names: a list of host names and IP addresses expected")
        listener.show(Tls(**_with_flaw(body), names=tuple(names)))
        return web.json_response({"url": listener.url, **tls_view(listener.tls)})

    async def _meet(self, request: web.Request) -> web.Response:
        listener = self._listener(request)
        listener.meet(Upgrade(**await _checked(request, _UPGRADE)))
        return web.json_response({"url": listener.url, **asdict(listener.upgrade)})

    async def _sign(self, request: web.Request) -> web.Response:
        body = await _checked(request, _SIGN)
        if "csr" not in body:
            raise RequestError("csr: the PEM text of a CSR expected")
        csr = body.pop("csr")
        return web.json_response({"certificateChain": self._csms.authority.sign(csr, **_for_signing(body))})

    async def _signing(self, request: web.Request) -> web.Response:
        signing = Signing(**_for_signing(await _checked(request, _SIGNING)))
        # A station may be prepared for before it connects.
        self._csms.station(request.match_info["id"]).signing = signing
        return web.json_response(signing_view(signing))

    async def _root(self, request: web.Request) -> web.Response:
        station, body = known_station(self._csms, request), await _checked(request, _ROOT)
        use = body.get("use", CSMS_ROOT)
        return await _told(self._csms.install_root(station.id, certificate=body.get("certificate"), use=use))

    async def _certificate(self, request: web.Request) -> web.Response:
        station, body = known_station(self._csms, request), await _checked(request, _CERTIFICATE)
        use = body.pop("use", STATION_CERTIFICATE)
        if body.pop("trigger", True):
            if body:
                raise RequestError(
                    f"{', '.join(body)}: go with trigger false; else PUT .../signing", allowed=("use",)
                )
            return await _told(self._csms.renew_certificate(station.id, use=use))
        return await _told(self._csms.send_certificate(station.id, **_for_signing(body)))

    async def _password(self, request: web.Request) -> web.Response:
        body = await _checked(request, _PASSWORD)
        if "password" not in body:
            raise RequestError("password: the new one expected")
        if body.get("tell", True):
            return await _told(self._csms.set_password(known_station(self._csms, request).id, body["password"]))
        self._csms.expect_password(request.match_info["id"], body["password"])
        return web.json_response({"status": "Expected"})

    async def _report(self, request: web.Request) -> web.Response:
        station, body = known_station(self._csms, request), await _checked(request, _REPORT)
        try:
            report = await self._csms.report(
                station.id,
                body.get("action", "GetBaseReport"),
                body.get("payload", {"reportBase": "FullInventory"}),
                timeout_s=body.get("timeout_s", WAIT_S),
            )
        except CallFailedError as error:
            return failure_of(error)
        return web.json_response(
            {
                "status": report.status,
                "requestId": report.request_id,
                "pages": len(report.pages),
                "problems": list(report.problems),
                report.member: report.content,
            }
        )

    def _listener(self, request: web.Request) -> Listener:
        profile = request.match_info["profile"]
        return self._csms.listener(int(profile) if profile.isascii() and profile.isdigit() else -1)


async def _checked(request: web.Request, types: Types) -> dict[str, Any]:
    """Return the members of a request's object; RequestError names one that is unknown or of another type."""
    body = await body_of(request, *types)
    if problem := misfit(body, types):
        raise RequestError(problem)
    return body


def _with_flaw(body: Mapping[str, Any]) -> dict[str, Any]:
    flaw = body.get("flaw", Flaw.NONE.value)
    if flaw not in set(Flaw):
        raise RequestError(f"flaw: {flaw!r} is unknown", allowed=tuple(Flaw))
    return {**body, "flaw": Flaw(flaw)}


def _for_signing(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments for signing that the members mean."""
    made = _with_flaw(body)
    if "valid_days" in made:
        days = made.pop("valid_days")
        if not 0 < days <= _MOST_DAYS:
            raise RequestError(f"valid_days is {days}: more than 0 and at most {_MOST_DAYS} expected")
        made["valid_for"] = timedelta(days=days)
    return made


async def _told(asked: Awaitable[str]) -> web.Response:
    """Answer with the status that the station answered with, or with its CALLERROR."""
    try:
        return web.json_response({"status": await asked})
    except CallFailedError as error:
        return failure_of(error)
