"""What an operator is told when TLS to the CSMS fails, with real servers and certificates."""

import datetime as dt
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from station.ocpp.failures import Failure, FailureKind
from station.pki.material import ClientIdentity, TlsMaterial
from station.pki.tls import context
from tests.ocpp.web import Observer, Target, a_csms, a_link, both_ends, running
from tests.pki.authority import Authority, Leaf
from tests.pki.tls_peer import TlsServer, server_side, shown_by

NOW = dt.datetime.now(dt.UTC)
YEAR = dt.timedelta(days=365)
HERE = "127.0.0.1"
TLS_1_2 = ssl.TLSVersion.TLSv1_2

real_servers = pytest.mark.realtime


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.now()


def target(port: int, root: Authority, client: ClientIdentity | None = None, **options: Any) -> Target:
    tls = context(TlsMaterial((root.root_pem,), client), **options)
    return Target(port, url=f"wss://{HERE}:{port}/ocpp", tls=tls)


@asynccontextmanager
async def linked(port: int, seen: Observer, where: Target, **options: Any) -> AsyncIterator[None]:
    async with running(a_link(port, seen, target=where, **options), seen):
        yield


@asynccontextmanager
async def tried(
    port: int, root: Authority, client: ClientIdentity | None = None, **options: Any
) -> AsyncIterator[Failure]:
    seen = Observer()
    async with linked(port, seen, target(port, root, client), **options):
        yield await seen.failures.get()


@pytest.mark.ocpp("A00.FR.312", "A00.FR.415")
@pytest.mark.parametrize("names", [("CSMS", [HERE]), (HERE, [])])
async def test_a_csms_with_a_good_certificate_is_connected(root: Authority, tmp_path: Path, names: Any) -> None:
    seen = Observer()
    server = server_side(root.issue(names[0], sans=names[1]), tmp_path)
    async with a_csms(ssl=server) as csms, linked(csms.port, seen, target(csms.port, root)):
        socket, _ = await both_ends(csms, seen)
        await socket.send("x")
        assert await seen.frames.get() == "x"


@pytest.mark.ocpp("A00.FR.401", "A00.FR.402")
async def test_a_csms_that_wants_a_certificate_gets_it(root: Authority, tmp_path: Path) -> None:
    seen = Observer()
    server = server_side(root.issue("CSMS", sans=[HERE]), tmp_path, clients_of=root)
    client = shown_by(root.issue("CS-0815"), tmp_path)
    async with a_csms(ssl=server) as csms, linked(csms.port, seen, target(csms.port, root, client)):
        socket, _ = await both_ends(csms, seen)
        subject = socket.transport.get_extra_info("peercert")["subject"]
        assert (("commonName", "CS-0815"),) in subject


def self_signed() -> Leaf:
    own = Authority(HERE, at=NOW, ca=False)
    return Leaf(own.certificate, own.key)


@pytest.mark.ocpp("A00.FR.308", "A00.FR.309", "A00.FR.310", "A00.FR.311", "A00.FR.411", "A00.FR.412", "A00.FR.413")
@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("stranger", "its issuer is not known; no installed CSMSRootCertificate fits"),
        ("expired", "it has expired"),
        ("early", "it is not valid yet"),
        ("self-signed", "it is self-signed"),
        ("other name", "it is not for 127.0.0.1, but for csms.example"),
    ],
)
async def test_a_bad_certificate_is_told_with_what_is_wrong(
    root: Authority, tmp_path: Path, case: str, told: str
) -> None:
    leaf = {
        "stranger": lambda: Authority.now().issue("CSMS", sans=[HERE]),
        "expired": lambda: root.issue("CSMS", sans=[HERE], days=-2),
        "early": lambda: root.issue("CSMS", sans=[HERE], not_before=NOW + YEAR, days=800),
        "self-signed": self_signed,
        "other name": lambda: root.issue("csms.example"),
    }[case]()
    async with a_csms(ssl=server_side(leaf, tmp_path)) as csms, tried(csms.port, root) as failure:
        assert failure.kind is FailureKind.CERTIFICATE
        assert failure.reason.startswith("the certificate of the CSMS is not trusted: ")
        assert told in failure.reason
        assert csms.requests == []


@pytest.mark.parametrize(
    ("days", "clock_is_set", "kind"),
    [(365, False, FailureKind.CLOCK), (365, True, FailureKind.CERTIFICATE), (-2, False, FailureKind.CERTIFICATE)],
)
async def test_a_clock_that_is_not_set_is_told_as_such_where_it_is_the_reason(
    root: Authority, tmp_path: Path, days: int, clock_is_set: bool, kind: FailureKind
) -> None:
    early = {"not_before": NOW + YEAR, "days": 800} if days > 0 else {"days": days}
    server = server_side(root.issue("CSMS", sans=[HERE], **early), tmp_path)
    async with a_csms(ssl=server) as csms, tried(csms.port, root, clock_is_set=lambda: clock_is_set) as failure:
        assert failure.kind is kind
        assert ("NTP" in failure.reason) == (kind is FailureKind.CLOCK)


@real_servers
@pytest.mark.ocpp("A00.FR.316", "A00.FR.419")
async def test_an_old_version_is_told_as_such(root: Authority, tmp_path: Path) -> None:
    server = server_side(root.issue("CSMS", sans=[HERE]), tmp_path, newest=ssl.TLSVersion.TLSv1_1)
    async with TlsServer(server) as port, tried(port, root) as failure:
        assert failure.kind is FailureKind.TLS_VERSION


@real_servers
@pytest.mark.ocpp("A00.FR.323", "A00.FR.426")
async def test_a_weak_suite_is_told_as_such(root: Authority, tmp_path: Path) -> None:
    suites = "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"
    server = server_side(root.issue("CSMS", sans=[HERE]), tmp_path, newest=TLS_1_2, suites=suites)
    async with TlsServer(server) as port, tried(port, root) as failure:
        assert failure.kind is FailureKind.TLS_CIPHER_SUITE


@real_servers
@pytest.mark.ocpp("A00.FR.430")
@pytest.mark.parametrize("newest", [TLS_1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("case", ["none", "stranger", "expired"])
async def test_a_csms_that_refuses_the_stations_certificate_is_told_as_such(
    root: Authority, tmp_path: Path, newest: Any, case: str
) -> None:
    leaf = {
        "none": lambda: None,
        "stranger": lambda: Authority.now().issue("CS-0815"),
        "expired": lambda: root.issue("CS-0815", days=-2),
    }[case]()
    server = server_side(root.issue("CSMS", sans=[HERE]), tmp_path, newest=newest, clients_of=root)
    client = shown_by(leaf, tmp_path) if leaf else None
    async with TlsServer(server) as port, tried(port, root, client) as failure:
        assert failure.kind is FailureKind.CLIENT_CERTIFICATE


async def test_a_handshake_that_is_cut_is_told_as_such(root: Authority, tmp_path: Path) -> None:
    """What many servers do when nothing can be agreed on."""
    server = server_side(root.issue("CSMS", sans=[HERE]), tmp_path, newest=ssl.TLSVersion.TLSv1_1)
    async with a_csms(ssl=server) as csms, tried(csms.port, root) as failure:
        assert failure.kind is FailureKind.TLS
        assert "cut" in failure.reason
