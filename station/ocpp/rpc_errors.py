"""Why a request of ours was not answered as hoped."""

from station.errors import StationError


class RpcError(StationError):
    """A request of ours was not answered as hoped."""


class Offline(RpcError):  # noqa: N818 - named after what is the case, as all below
    """There is no connection, or it ended before the answer came: the request counts as not delivered."""


class NotPermitted(RpcError):  # noqa: N818
    """The request may not be sent at present (B01.FR.08); raised by the gate."""


class CallTimeout(RpcError):  # noqa: N818
    """No answer came in time: the request counts as not delivered, the connection may be dead."""


class RequestInvalid(RpcError, ValueError):  # noqa: N818
    """The request is not what OCPP 2.0.1 allows, so it was not sent: a bug of ours."""


class CallRefused(RpcError):  # noqa: N818
    """The CSMS answered with a CALLERROR; `description` has to be rid of what it repeats of the request's secrets."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


class ResponseInvalid(CallRefused):
    """The CSMS answered with something that is no valid response; to be treated as a refusal."""
