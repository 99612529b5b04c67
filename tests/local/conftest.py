"""What tests of views and actions begin with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.local.place import Place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    place.database.close()
