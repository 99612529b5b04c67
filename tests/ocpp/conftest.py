"""Desks that stand ready; a test file that means another one has its own."""

import pytest

from tests.ocpp.desk import open_desk


@pytest.fixture
async def desk(tmp_path):
    """Serves one EVSE."""
    async with open_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
async def two(tmp_path):
    """Serves two EVSEs."""
    async with open_desk(tmp_path, evses=2) as desk:
        yield desk


@pytest.fixture
async def three(tmp_path):
    """Serves three EVSEs."""
    async with open_desk(tmp_path, evses=3) as desk:
        yield desk
