"""Every request that a station can receive, absurd or forbidden, against the whole daemon."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from station.ocpp import schemas
from station.ocpp.link import MAX_FRAME_BYTES
from station.ocpp.schemas import Kind
from station.ocpp.validation import check
from tests.hostile.payloads import RECEIVABLE, absurd, spoilt
from tests.hostile.target import Target
from tests.ocpp.schema_payloads import full

REFUSALS_OF_VALID = {
    "NotSupported",
    "NotImplemented",
    "SecurityError",
    "OccurrenceConstraintViolation",  # ItemsPerMessage
    "FormatViolation",  # BytesPerMessage
    "PropertyConstraintViolation",
}
REFUSALS_OF_FORBIDDEN = {
    "NotSupported",
    "FormatViolation",
    "OccurrenceConstraintViolation",
    "TypeConstraintViolation",
    "PropertyConstraintViolation",
    "ProtocolError",
}
DONE = {"Accepted", "Scheduled", "RebootRequired"}
PROBE = ("RequestStopTransaction", {"transactionId": "none"})

hostile = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[Target]:
    async with Target(tmp_path) as target:
        yield target


def refused(answer: list[Any]) -> bool:
    """Say whether an answer says that nothing was done."""
    if answer[0] == 4:
        return True
    results = answer[2].get("setVariableResult")
    if results is not None:
        return all(result["attributeStatus"] not in DONE for result in results)
    return "status" in answer[2] and answer[2]["status"] not in DONE


async def still_answers(target: Target) -> None:
    assert (await target.ask(*PROBE))[0] == 3
    assert target.complaints() == []


@pytest.mark.ocpp("FR.02")
@pytest.mark.parametrize("action", RECEIVABLE)
@given(st.data())
@hostile
async def test_an_absurd_request_is_answered_and_nothing_breaks(
    target: Target, action: str, data: st.DataObject
) -> None:
    payload = data.draw(absurd(action))
    assume(len(json.dumps(payload)) < MAX_FRAME_BYTES)  # what is longer is not answered: it ends the connection
    assert check(action, Kind.REQUEST, payload) is None
    before = target.state()
    answer = await target.ask(action, payload)
    if answer[0] == 3:
        assert check(action, Kind.RESPONSE, answer[2]) is None
    else:
        assert answer[2] in REFUSALS_OF_VALID, answer
    if refused(answer):
        assert target.state() == before
    else:
        await asyncio.sleep(5)  # for what follows from it
    await still_answers(target)


@pytest.mark.ocpp("FR.03")
@pytest.mark.parametrize("action", RECEIVABLE)
@given(st.data())
@hostile
async def test_a_forbidden_request_is_refused_and_changes_nothing(
    target: Target, action: str, data: st.DataObject
) -> None:
    before = target.state()
    answer = await target.ask(action, data.draw(spoilt(action)))
    assert answer[0] == 4
    assert answer[2] in REFUSALS_OF_FORBIDDEN
    assert len(answer[3]) <= 255
    assert target.state() == before
    await still_answers(target)


@pytest.mark.ocpp("FR.03")
async def test_what_only_a_csms_receives_is_not_supported_and_signed_requests_are_not_known(target: Target) -> None:
    for action in sorted(schemas.actions() - set(RECEIVABLE)):
        assert (await target.ask(action, full(action, Kind.REQUEST)))[2] == "NotSupported"
    for action in RECEIVABLE:
        assert (await target.ask(f"{action}-Signed", {}))[2] == "NotImplemented"
    await still_answers(target)


async def test_nothing_is_left_of_requests_that_were_answered(target: Target) -> None:
    """Each request many times; Reset is left out, as it leaves nothing by its nature."""
    actions = [action for action in RECEIVABLE if action != "Reset"]

    async def round_of_all() -> None:
        for action in actions:
            await target.ask(action, full(action, Kind.REQUEST))
            await target.ask(action, {"noSuchProperty": None})
        await asyncio.sleep(30)

    await round_of_all()
    before = target.crowd()
    for _ in range(3):
        await round_of_all()
    grown = target.crowd() - before
    for kept in ("Frame", "Shown"):
        del grown[kept]  # the newest messages, to be looked at: a ring that does not grow for ever (tests/local)
    assert {name: count for name, count in grown.items() if count >= 3} == {}
    assert grown["Task"] == 0
