"""What the daemon has around it where it is a process of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from simulators.mock_csms.server import MockCsms
from simulators.mock_csms.settings import Settings as CsmsSettings
from tests.flows.house import PASSWORD


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Bench(plain(tmp_path, time_scale=0.05, energy_scale=600)) as bench:
        yield bench


@pytest.fixture
async def csms() -> AsyncIterator[MockCsms]:
    async with MockCsms(CsmsSettings(password=PASSWORD)) as csms:
        yield csms
