"""API: the control of the CSMS over HTTP and JSON, on loopback only. Imports aiohttp: import this module late."""

from typing import TYPE_CHECKING

from aiohttp import web

from simulators.mock_csms.api_security import SecurityApi
from simulators.mock_csms.errors import CallFailedError, RequestError
from simulators.mock_csms.http_json import (
    HOST,
    NotFoundError,
    body_of,
    errors_as_json,
    failure_of,
    json_of,
    known_station,
    only_loopback,
)
from simulators.mock_csms.replies import ACTIONS, override_from
from simulators.mock_csms.tokens import checked
from simulators.mock_csms.transactions import Transaction
from simulators.mock_csms.views import message_view, override_view, station_view, transaction_view

if TYPE_CHECKING:
    from simulators.mock_csms.server import MockCsms


class Api:
    """Serves one CSMS; every answer is JSON, a refusal says `problem` and, where that helps, `allowed`."""

    def __init__(self, csms: "MockCsms") -> None:
        self._csms = csms
        app = web.Application(middlewares=[only_loopback, errors_as_json])
        app.add_routes(
            [
                web.get("/stations", self._stations),
                web.get("/stations/{id}", self._station),
                web.get("/stations/{id}/messages", self._messages),
                web.get("/stations/{id}/transactions", self._transactions),
                web.get("/transactions/{txid}", self._transaction),
                web.post("/stations/{id}/calls", self._call),
                web.get("/stations/{id}/replies", self._replies),
                web.put("/stations/{id}/replies/{action}", self._override),
                web.delete("/stations/{id}/replies/{action}", self._reset),
                web.get("/tokens", self._tokens),
                web.put("/tokens/{token}", self._say_of_token),
                web.delete("/tokens/{token}", self._forget_token),
                web.post("/stations/{id}/disconnect", self._disconnect),
                web.post("/listen", self._listen),
                *SecurityApi(csms).routes(),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._runner.addresses[0][1]}"

    async def start(self, port: int) -> None:
        """Listen; 0 takes a free port. OSError if it is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _stations(self, _request: web.Request) -> web.Response:
        return web.json_response([station_view(station) for station in self._csms.stations.values()])

    async def _station(self, request: web.Request) -> web.Response:
        return web.json_response(station_view(known_station(self._csms, request)))

    async def _messages(self, request: web.Request) -> web.Response:
        since = request.query.get("since", "0")
        if not since.isascii() or not since.isdigit():
            raise RequestError(f"since is {since!r}: the number of a message expected")
        messages = known_station(self._csms, request).messages
        return web.json_response([message_view(message) for message in messages.since(int(since))])

    async def _transactions(self, request: web.Request) -> web.Response:
        transactions = known_station(self._csms, request).transactions
        return web.json_response([transaction_view(transaction) for transaction in transactions.values()])

    async def _transaction(self, request: web.Request) -> web.Response:
        wanted, station = request.match_info["txid"], request.query.get("station")
        found = [
            transaction
            for transaction in self._all_transactions()
            if transaction.id == wanted and station in (None, transaction.station)
        ]
        if not found:
            known = tuple(sorted({transaction.id for transaction in self._all_transactions()}))
            raise NotFoundError(f"there is no transaction {wanted!r}", allowed=known)
        if len(found) > 1:
            stations = tuple(transaction.station for transaction in found)
            raise RequestError(f"several stations have a transaction {wanted!r}: add ?station=...", allowed=stations)
        return web.json_response(transaction_view(found[0]))

    async def _call(self, request: web.Request) -> web.Response:
        station, body = (
            known_station(self._csms, request),
            await body_of(request, "action", "payload", "timeout_s", "raw"),
        )
        if "raw" in body:
            if len(body) > 1 or not isinstance(body["raw"], str):
                raise RequestError("raw is the text of a whole frame and stands alone")
            return web.json_response({"sent": await self._csms.send_text(station.id, body["raw"])})
        action, payload, timeout_s = body.get("action"), body.get("payload", {}), body.get("timeout_s")
        if not isinstance(action, str) or not isinstance(payload, dict):
            raise RequestError('{"action": "Reset", "payload": {"type": "OnIdle"}} or {"raw": "..."} expected')
        if timeout_s is not None and not (type(timeout_s) in (int, float) and timeout_s > 0):
            raise RequestError(f"timeout_s is {timeout_s!r}: seconds expected")
        try:
            result = await self._csms.call(station.id, action, payload, timeout_s=timeout_s)
        except CallFailedError as error:
            return failure_of(error)
        return web.json_response({"result": result})

    async def _replies(self, request: web.Request) -> web.Response:
        rows = known_station(self._csms, request).overrides.rows()
        return web.json_response({action: override_view(override) for action, override in rows.items()})

    async def _override(self, request: web.Request) -> web.Response:
        action = _action(request)
        override = override_from(await json_of(request))
        # A station may be prepared for before it connects.
        self._csms.station(request.match_info["id"]).overrides.put(action, override)
        return web.json_response(override_view(override))

    async def _reset(self, request: web.Request) -> web.Response:
        return web.json_response({"reset": known_station(self._csms, request).overrides.reset(_action(request))})

    async def _tokens(self, _request: web.Request) -> web.Response:
        return web.json_response(dict(self._csms.tokens.rows()))

    async def _say_of_token(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        self._csms.tokens.put(token, checked(await json_of(request)))
        return web.json_response(self._csms.tokens.info(token))

    async def _forget_token(self, request: web.Request) -> web.Response:
        return web.json_response({"forgotten": self._csms.tokens.forget(request.match_info["token"])})

    async def _disconnect(self, request: web.Request) -> web.Response:
        body = await body_of(request, "code", "reason", "abruptly")
        code, reason, abruptly = body.get("code", 1000), body.get("reason", ""), body.get("abruptly", False)
        if type(code) is not int or not isinstance(reason, str) or len(reason.encode()) > 123:
            raise RequestError("code is a number and reason a text of at most 123 bytes")
        station = known_station(self._csms, request)
        await self._csms.disconnect(station.id, code=code, reason=reason, abruptly=abruptly is True)
        return web.json_response({"disconnected": station.id})

    async def _listen(self, request: web.Request) -> web.Response:
        body = await body_of(request, "on", "abruptly")
        match body.get("on"):
            case True:
                await self._csms.come_back()
            case False:
                await self._csms.go_away(abruptly=body.get("abruptly") is True)
            case _:
                raise RequestError('{"on": true} or {"on": false} expected')
        return web.json_response({"listening": self._csms.listening, "ocpp": self._csms.url})

    def _all_transactions(self) -> list[Transaction]:
        return [entry for station in self._csms.stations.values() for entry in station.transactions.values()]


def _action(request: web.Request) -> str:
    action = request.match_info["action"]
    if action not in ACTIONS:
        raise NotFoundError(f"{action!r} is nothing that a station asks", allowed=ACTIONS)
    return action
