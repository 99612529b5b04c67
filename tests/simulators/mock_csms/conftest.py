"""A mock CSMS in the loop of the test, and stations that connect to it."""

from collections.abc import AsyncIterator

import ocpp.messages
import pytest

from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings


@pytest.fixture(autouse=True)
def _validate_in_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    # The library's stations validate in a thread otherwise, which a jumping clock does not wait for.
    monkeypatch.setattr(ocpp.messages, "ASYNC_VALIDATION", False)


@pytest.fixture
async def csms() -> AsyncIterator[MockCsms]:
    async with MockCsms(Settings()) as running:
        yield running
