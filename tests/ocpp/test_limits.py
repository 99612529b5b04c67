"""How much of a request is taken at once."""

from typing import Any

import pytest

from station.ocpp.frames import Call, Error, Result
from station.ocpp.limits import Limit, exceeded
from station.ocpp.router import Router
from tests.ocpp.test_router import Caches

LIMIT = Limit(items=2, size_bytes=200)


def request(action: str, payload: dict[str, Any], *, size: int = 200) -> Call:
    return Call("a", action, payload, size)


@pytest.mark.ocpp("B06.FR.16", "B06.FR.17", "B08.FR.17", "B08.FR.18")
@pytest.mark.parametrize(
    ("action", "payload", "size", "code"),
    [
        ("GetVariables", {"getVariableData": [1, 2]}, 200, None),
        ("GetVariables", {"getVariableData": [1, 2, 3]}, 200, "OccurrenceConstraintViolation"),
        ("GetVariables", {"getVariableData": [1]}, 201, "FormatViolation"),
        ("SetVariables", {"setVariableData": [1, 2, 3]}, 9, "OccurrenceConstraintViolation"),
        ("GetReport", {"requestId": 1, "componentVariable": [1, 2, 3]}, 9, "OccurrenceConstraintViolation"),
        ("GetReport", {"requestId": 1}, 201, "FormatViolation"),
        ("GetReport", {"requestId": 1}, 200, None),
        ("ClearCache", {}, 200, None),
    ],
)
def test_a_request_beyond_the_limits_is_told_with_its_code(
    action: str, payload: dict[str, Any], size: int, code: str | None
) -> None:
    violation = exceeded(request(action, payload, size=size), LIMIT)
    assert (violation and violation.code) == code


async def test_the_router_asks_for_the_limit_of_each_action() -> None:
    limits = {"ClearCache": Limit(items=1, size_bytes=50)}
    router = Router(Caches(), limit_of=limits.get)
    answer = await router.respond(request("ClearCache", {}, size=51))
    assert isinstance(answer.frame, Error)
    assert answer.frame.code == "FormatViolation"
    assert answer.frame.description == "51 bytes, but BytesPerMessage is 50"
    answer = await router.respond(request("ClearCache", {}, size=50))
    assert isinstance(answer.frame, Result)
