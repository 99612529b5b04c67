"""Charging: what a CSMS has a station do about drivers; each call raises what MockCsms.call does."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from simulators.mock_csms.members import Payload
from simulators.mock_csms.tokens import Info, entry, members

if TYPE_CHECKING:
    from simulators.mock_csms.server import MockCsms


class Charging:
    """The requests of a CSMS to one station."""

    def __init__(self, csms: "MockCsms", station_id: str) -> None:
        self._csms = csms
        self._station_id = station_id

    async def send_list(
        self, version: int, tokens: Mapping[str, Info | None] | None = None, *, differential: bool = False
    ) -> str:
        """Send a local authorization list, or the difference to the last one; returns the station's status.

        Without information a token is taken off the list (D01.FR.17). A full list without tokens empties it.
        """
        rows = [entry(token, info) for token, info in (tokens or {}).items()]
        payload: dict[str, object] = {
            "versionNumber": version,
            "updateType": "Differential" if differential else "Full",
            **({"localAuthorizationList": rows} if rows else {}),
        }
        return str((await self._call("SendLocalList", payload))["status"])

    async def list_version(self) -> int:
        """Return the version of the station's local authorization list, 0 without one."""
        return int((await self._call("GetLocalListVersion"))["versionNumber"])

    async def clear_cache(self) -> str:
        """Have the authorization cache cleared; returns the station's status."""
        return str((await self._call("ClearCache"))["status"])

    async def transaction_status(self, transaction_id: str | None = None) -> Payload:
        """Return `messagesInQueue` and, of a transaction, `ongoingIndicator`."""
        return await self._call("GetTransactionStatus", {"transactionId": transaction_id} if transaction_id else {})

    async def unlock(self, evse: int, *, connector: int = 1) -> str:
        """Have a plug released; returns the station's status."""
        return str((await self._call("UnlockConnector", {"evseId": evse, "connectorId": connector}))["status"])

    def judge(self, transaction_id: str, info: Info = "Invalid", *, times: int | None = 1) -> None:
        """Say so about the driver in the next answers to TransactionEvents of a transaction; None: in all."""
        self._csms.override(
            self._station_id,
            "TransactionEvent",
            {"idTokenInfo": members(info)},
            times=times,
            when={"transactionInfo": {"transactionId": transaction_id}},
        )

    async def _call(self, action: str, payload: Payload | None = None) -> Payload:
        answer: Payload = await self._csms.call(self._station_id, action, payload)
        return answer
