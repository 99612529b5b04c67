"""The stations that the cases begin with, and how the name of their CSMS is resolved."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.site import CSMS_NAME, TLS, Site
from tests.conformance.table import PROPERTY
from tests.virtual_loop import VirtualLoop


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if mark := item.get_closest_marker("conformance"):
            item.user_properties.append((PROPERTY, mark.args[0]))


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve the name of the CSMS without asking anybody: a thread that asks would be outrun by the clock."""
    resolve = VirtualLoop.getaddrinfo

    async def look_up(loop: VirtualLoop, host: Any, port: Any, **options: Any) -> Any:
        if host == CSMS_NAME:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        return await resolve(loop, host, port, **options)

    monkeypatch.setattr(VirtualLoop, "getaddrinfo", look_up)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A station that is Booted under security profile 1."""
    async with Site(tmp_path) as site:
        yield site


@pytest.fixture
async def tls_site(tmp_path: Path) -> AsyncIterator[Site]:
    """A station that is Booted under security profile 2, with the root of its CSMS."""
    async with Site(tmp_path, profile=TLS) as site:
        yield site


@pytest.fixture
async def site_of_two(tmp_path: Path) -> AsyncIterator[Site]:
    """A station that has two EVSEs and is Booted under security profile 1."""
    async with Site(tmp_path, evses=2) as site:
        yield site


@pytest.fixture
async def site_with_bay(tmp_path: Path) -> AsyncIterator[Site]:
    """A station that watches its parking bay, Booted under security profile 1."""
    async with Site(tmp_path, bays=True) as site:
        yield site


@pytest.fixture
async def site_with_cable(tmp_path: Path) -> AsyncIterator[Site]:
    """A station with a permanently attached cable, Booted under security profile 1."""
    async with Site(tmp_path, fixed_cable=True) as site:
        yield site


@pytest.fixture
async def site_with_keypad(tmp_path: Path) -> AsyncIterator[Site]:
    """A station that has two EVSEs and a keypad to choose one, Booted under security profile 1."""
    async with Site(tmp_path, evses=2, keypad=True) as site:
        yield site
