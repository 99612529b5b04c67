"""Which CSMS is dialled, over a real link to real servers on a loop whose clock jumps."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from station.core.security_events import SecurityEvent
from station.errors import StorageError
from station.ocpp.endpoint import Endpoint
from station.ocpp.failures import Failure, FailureKind
from station.ocpp.link import Link
from station.pki.material import TlsMaterial
from station.secret import Secret
from tests.ocpp.lines import PASSWORD, Lines, a_profile
from tests.ocpp.web import Csms, Observer, a_csms, a_link, both_ends, running
from tests.pki.authority import Authority

NEW = Secret("the-second-password")
FAILED = SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS
CHANGED = SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS
REFUSED = Failure(FailureKind.REFUSED, "503")


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Lines]:
    lines = Lines(tmp_path)
    yield lines
    lines.close()


@asynccontextmanager
async def dialling(lines: Lines, seen: Observer, **options: Any) -> AsyncIterator[Link]:
    """Run a link for these lines, until the end of the block."""

    def failed(failure: Failure) -> None:
        lines.network.failed(failure)
        seen.failures.put_nowait(failure)

    link = a_link(0, seen, target=lines.network.endpoint, on_up=lines.network.up, on_failed=failed, **options)
    lines.drop = lambda reason: link.drop(reason, at_once=True)
    async with running(link, seen):
        yield link


@asynccontextmanager
async def two_csms(lines: Lines, *, priority: tuple[str, ...] = ("2", "1")) -> AsyncIterator[tuple[Csms, Csms]]:
    """Two servers, in slots 1 and 2."""
    async with a_csms() as first, a_csms() as second:
        lines.slots.follow(a_profile(1, first_url(first)))
        lines.slots.put(a_profile(2, first_url(second), messageTimeout=7))
        lines.priority = priority
        yield first, second


def first_url(csms: Csms, scheme: str = "ws") -> str:
    return f"{scheme}://127.0.0.1:{csms.port}/ocpp"


def urls(lines: Lines, count: int) -> list[str]:
    """Return where the next attempts go if all of them fail."""
    tried = []
    for _ in range(count):
        endpoint = lines.network.endpoint()
        assert isinstance(endpoint, Endpoint)
        tried.append(endpoint.url)
        lines.network.failed(REFUSED)
    return tried


# Profiles.


@pytest.mark.ocpp("B10.FR.03", "B10.FR.04", "A05.FR.05")
async def test_after_a_start_the_first_of_the_list_is_dialled_and_then_the_next(lines: Lines) -> None:
    seen = Observer()
    lines.attempts = 2
    async with two_csms(lines) as (first, second):
        second.refuse_with = 503
        async with dialling(lines, seen):
            await both_ends(first, seen)
            assert len(second.requests) == 2
            assert lines.network.active.slot == 1
            assert lines.switched == 0


@pytest.mark.ocpp("B10.FR.07", "B10.FR.09")
async def test_when_the_whole_list_fails_what_worked_last_is_dialled(lines: Lines) -> None:
    seen = Observer()
    async with two_csms(lines, priority=("1",)) as (first, second):
        async with dialling(lines, seen):
            await both_ends(first, seen)
        lines.again()
        lines.priority = ("2",)
        assert urls(lines, 4) == [first_url(second), first_url(first)] * 2


@pytest.mark.ocpp("B10.FR.07")
async def test_an_active_slot_that_was_overwritten_does_not_strand_the_station(lines: Lines) -> None:
    seen = Observer()
    async with two_csms(lines, priority=("1",)) as (first, _), dialling(lines, seen):
        socket, _ = await both_ends(first, seen)
        lines.slots.put(a_profile(1, "ws://127.0.0.1:1/nobody"))
        await socket.close()
        await both_ends(first, seen)
        assert seen.failures.qsize() == 1


@pytest.mark.ocpp("B10.FR.10")
async def test_a_switch_is_told_and_a_plain_reconnect_is_not(lines: Lines) -> None:
    seen = Observer()
    async with two_csms(lines, priority=("1", "2")) as (first, second), dialling(lines, seen):
        for _ in range(2):
            socket, _ = await both_ends(first, seen)
            await socket.close()
            await seen.downs.get()
        assert lines.switched == 0
        await both_ends(first, seen)
        await first.close()
        await both_ends(second, seen)
        assert lines.switched == 1
        assert (lines.network.active.slot, lines.network.active.message_timeout_s) == (2, 7)


@pytest.mark.ocpp("B10.FR.10")
async def test_another_profile_in_the_same_slot_is_a_switch_too(lines: Lines) -> None:
    seen = Observer()
    async with two_csms(lines, priority=("1",)) as (first, second), dialling(lines, seen):
        socket, _ = await both_ends(first, seen)
        lines.slots.put(a_profile(1, first_url(second)))
        await socket.close()
        await both_ends(second, seen)
        assert lines.switched == 1


@pytest.mark.ocpp("B10.FR.06")
async def test_the_old_csms_is_left_before_the_new_one_is_dialled(lines: Lines) -> None:
    seen = Observer()
    async with two_csms(lines, priority=("1",)) as (first, second), dialling(lines, seen) as link:
        old, _ = await both_ends(first, seen)
        lines.priority = ("2",)
        await asyncio.sleep(3600)
        assert second.requests == []
        ended: list[bool] = []
        second.on_request = lambda: ended.append(old.close_code is not None)
        link.drop("reset")
        await both_ends(second, seen)
        assert ended == [True]


async def test_after_a_loss_the_station_looks_first_where_it_was(lines: Lines) -> None:
    seen = Observer()
    async with two_csms(lines, priority=("1", "2")) as (first, second), dialling(lines, seen):
        await both_ends(first, seen)
        await first.close()
        socket, _ = await both_ends(second, seen)
        await first.open()
        await socket.close()
        await both_ends(second, seen)
        assert len(first.requests) == 1


async def test_before_the_first_connection_the_first_of_the_list_counts_as_active(lines: Lines) -> None:
    lines.slots.follow(a_profile(1))
    lines.slots.put(a_profile(2, messageTimeout=9))
    lines.priority = ("2", "1")
    assert (lines.network.active.slot, lines.network.active.message_timeout_s) == (2, 9)


async def test_a_full_disk_does_not_end_the_connection(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("disk full")

    seen = Observer()
    async with two_csms(lines, priority=("1",)) as (first, _):
        monkeypatch.setattr(lines.facts, "put", full)
        async with dialling(lines, seen):
            await both_ends(first, seen)
            await asyncio.sleep(60)
            assert seen.downs.empty()


async def test_a_profile_that_lacks_its_certificates_costs_an_attempt_and_not_the_station(lines: Lines) -> None:
    seen = Observer()
    lines.keys.materials = [TlsMaterial(())]
    async with two_csms(lines) as (first, second):
        lines.slots.put(a_profile(2, first_url(second, "wss"), 2))
        async with dialling(lines, seen):
            await both_ends(first, seen)
            assert (await seen.failures.get()).kind is FailureKind.CONFIGURATION
            assert lines.events.told == []


# The security profile.


@pytest.mark.ocpp("A05.FR.06", "A00.FR.001")
async def test_a_connection_with_more_security_raises_the_security_profile(lines: Lines, tmp_path: Path) -> None:
    seen, root = Observer(), Authority.now()
    lines.keys.materials = [TlsMaterial((root.root_pem,))]
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*root.issue("CSMS", sans=["127.0.0.1"]).write(tmp_path))
    async with a_csms(ssl=server) as csms, two_csms(lines):
        lines.slots.put(a_profile(2, first_url(csms, "wss"), 2))
        async with dialling(lines, seen):
            await both_ends(csms, seen)
        assert lines.slots.security_profile == 2
        assert lines.priority == ("2",)
        assert lines.slots.get(1) is None
        assert lines.events.told == [(CHANGED, "security profile 2 instead of 1")]
        assert lines.keys.used == lines.keys.materials


# Security events.


@pytest.mark.ocpp("A00.FR.310", "A00.FR.311", "A00.FR.316", "A00.FR.323", "A00.FR.413", "A00.FR.419", "A00.FR.426")
@pytest.mark.parametrize(
    ("kind", "event"),
    [
        (FailureKind.CERTIFICATE, SecurityEvent.INVALID_CSMS_CERTIFICATE),
        (FailureKind.TLS_VERSION, SecurityEvent.INVALID_TLS_VERSION),
        (FailureKind.TLS_CIPHER_SUITE, SecurityEvent.INVALID_TLS_CIPHER_SUITE),
        (FailureKind.CREDENTIALS, FAILED),
        (FailureKind.CLIENT_CERTIFICATE, FAILED),
        (FailureKind.CLOCK, None),
        (FailureKind.CONFIGURATION, None),
        (FailureKind.UNREACHABLE, None),
        (FailureKind.TLS, None),
    ],
)
def test_a_failure_that_matters_to_security_is_told_once(lines: Lines, kind: FailureKind, event: Any) -> None:
    lines.slots.follow(a_profile())
    for _ in range(3):
        lines.network.endpoint()
        lines.network.failed(Failure(kind, "why"))
    assert lines.events.told == ([(event, "why")] if event else [])


# The password.


def basic(secret: Secret | str) -> str:
    text = secret if isinstance(secret, str) else secret.reveal()
    return "Basic " + base64.b64encode(f"CS 1:{text}".encode()).decode()


class Doorman(Csms):
    """A CSMS that lets in who has the right password."""

    def __init__(self, *passwords: Secret | str) -> None:
        super().__init__()
        self.passwords = list(passwords)

    def _look_at(self, connection: Any, request: Request) -> Response | None:
        super()._look_at(connection, request)
        if request.headers.get("Authorization") in [basic(password) for password in self.passwords]:
            return None
        return Response(401, HTTPStatus(401).phrase, Headers())


@pytest.fixture
async def doorman(lines: Lines) -> AsyncIterator[Doorman]:
    async with AsyncExitStack() as stack:
        doorman = Doorman(PASSWORD)
        await doorman.open()
        stack.push_async_callback(doorman.close)
        lines.slots.follow(a_profile(1, first_url(doorman)))
        yield doorman


async def change_password(lines: Lines) -> None:
    """Do what SetVariables does, and then the errand that follows from it."""
    lines.password = NEW
    lines.network.password_changed()
    while lines.errands:
        await lines.errands.pop()


def tried(doorman: Doorman) -> list[Secret]:
    known = {basic(secret): secret for secret in (Secret(PASSWORD), NEW)}
    return [known[request.headers["Authorization"]] for request in doorman.requests]


@pytest.mark.ocpp("A01.FR.01", "A01.FR.11", "A01.FR.12")
async def test_a_new_password_is_used_at_once_and_its_change_is_told(lines: Lines, doorman: Doorman) -> None:
    seen = Observer()
    async with dialling(lines, seen):
        await both_ends(doorman, seen)
        doorman.passwords = [NEW]
        begun = asyncio.get_running_loop().time()
        await change_password(lines)
        assert await seen.downs.get() == "the password was changed"
        await both_ends(doorman, seen)
    assert asyncio.get_running_loop().time() - begun < 5
    assert tried(doorman) == [Secret(PASSWORD), NEW]
    assert lines.events.told == [(CHANGED, "BasicAuthPassword was changed")]
    assert lines.switched == 0


async def test_a_csms_that_refuses_the_new_password_gets_the_old_one(lines: Lines, doorman: Doorman) -> None:
    seen = Observer()
    async with dialling(lines, seen):
        await both_ends(doorman, seen)
        await change_password(lines)
        socket, _ = await both_ends(doorman, seen)
        await socket.close()
        await both_ends(doorman, seen)
    assert tried(doorman) == [Secret(PASSWORD), NEW, Secret(PASSWORD), Secret(PASSWORD)]
    assert lines.events.kinds == [CHANGED, FAILED]


async def test_a_restart_tries_the_new_password_and_then_the_old_one(lines: Lines, doorman: Doorman) -> None:
    seen = Observer()
    async with dialling(lines, seen):
        await both_ends(doorman, seen)
        lines.password = NEW
    lines.again()
    async with dialling(lines, seen):
        await both_ends(doorman, seen)
    assert tried(doorman) == [Secret(PASSWORD), NEW, Secret(PASSWORD)]


async def test_a_csms_that_takes_the_new_password_late_gets_it_late(lines: Lines, doorman: Doorman) -> None:
    seen = Observer()
    async with dialling(lines, seen):
        await both_ends(doorman, seen)
        await change_password(lines)
        socket, _ = await both_ends(doorman, seen)
        doorman.passwords = [NEW]
        await socket.close()
        await both_ends(doorman, seen)
    assert tried(doorman)[-2:] == [Secret(PASSWORD), NEW]


@pytest.mark.parametrize("security", [0, 3])
def test_a_password_that_is_not_used_does_not_cut_the_connection(lines: Lines, security: int) -> None:
    lines.slots.follow(a_profile(1, security=security))
    lines.network.password_changed()
    assert lines.errands == []
    assert lines.events.kinds == [CHANGED]


# A new certificate.


@pytest.mark.ocpp("A02.FR.08")
async def test_what_is_new_is_tried_from_the_beginning_of_the_list(lines: Lines) -> None:
    async with two_csms(lines) as (first, second):
        assert urls(lines, 1) == [first_url(second)]
        lines.network.reconnect("the certificate was renewed")
        assert urls(lines, 2) == [first_url(second), first_url(first)]


@pytest.mark.ocpp("A02.FR.08", "A03.FR.08")
async def test_a_reconnect_is_made_at_once_and_begins_anew(lines: Lines) -> None:
    seen = Observer()
    async with two_csms(lines, priority=("1",)) as (first, _), dialling(lines, seen):
        await both_ends(first, seen)
        first.refuse_with = 503
        lines.network.reconnect("the certificate was renewed")
        assert await seen.downs.get() == "the certificate was renewed"
        assert (await seen.failures.get()).kind is FailureKind.REFUSED
        assert first.arrivals[1] - first.arrivals[0] < 5
