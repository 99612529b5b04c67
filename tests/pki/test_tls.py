"""Which CSMS is trusted, against real servers with certificates made for the occasion."""

import datetime as dt
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from station.pki.material import ClientIdentity, TlsMaterial
from station.pki.tls import SUITES, HelloRefusedError, context, name_problem
from tests.pki.authority import Authority, Leaf
from tests.pki.tls_peer import Agreed, TlsServer, server_side, shake, shown_by

HOST = "csms.example.org"
NOW = dt.datetime.now(dt.UTC)
YEAR = dt.timedelta(days=365)

Try = Callable[..., Any]

pytestmark = pytest.mark.realtime  # the servers have threads of their own


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.now()


@pytest.fixture
def connect(tmp_path: Path, root: Authority) -> Try:
    """Return `connect(leaf, ...)`: a handshake with a server that shows this certificate."""

    async def connect(
        leaf: Any,
        *,
        roots: Any = None,
        client: ClientIdentity | None = None,
        options: Any = None,
        host: str = HOST,
        **server: Any,
    ) -> Agreed:
        material = TlsMaterial(tuple(one.root_pem for one in ([root] if roots is None else roots)), client)
        async with TlsServer(server_side(leaf, tmp_path, **server)) as port:
            return await shake(port, context(material, **(options or {})), host)

    return connect


def self_signed() -> Leaf:
    own = Authority(HOST, at=NOW, ca=False)
    return Leaf(own.certificate, own.key)


async def refused(attempt: Any) -> ssl.SSLCertVerificationError:
    with pytest.raises(ssl.SSLCertVerificationError) as raised:
        await attempt
    return raised.value


# The chain.


@pytest.mark.ocpp("A00.FR.308", "A00.FR.411", "A00.FR.312", "A00.FR.313", "A00.FR.415", "A00.FR.416")
async def test_a_certificate_below_an_installed_root_is_trusted(connect: Try, root: Authority) -> None:
    agreed = await connect(root.issue(HOST))
    assert agreed.version == "TLSv1.3"


async def test_a_chain_over_a_sub_ca_is_trusted(connect: Try, root: Authority) -> None:
    assert (await connect(root.sub().issue(HOST))).version == "TLSv1.3"


async def test_each_of_several_roots_counts(connect: Try, root: Authority) -> None:
    other = Authority.now("Other")
    await connect(other.issue(HOST), roots=[root, other])
    await connect(root.issue(HOST), roots=[root, other])


@pytest.mark.ocpp("M05.FR.10")
async def test_a_root_that_the_one_before_signed_counts_without_it(connect: Try, root: Authority) -> None:
    renewed = Authority("Renewed", at=NOW, signed_by=root)
    await connect(renewed.issue(HOST), roots=[renewed])


@pytest.mark.ocpp("A00.FR.308", "A00.FR.310", "A00.FR.311", "A00.FR.411", "A00.FR.413", "A00.FR.414")
@pytest.mark.parametrize(
    ("case", "code"), [("unknown", 20), ("expired", 10), ("early", 9), ("self-signed", 18), ("no sub CA", 20)]
)
async def test_a_certificate_that_does_not_check_is_refused(
    connect: Try, root: Authority, case: str, code: int
) -> None:
    leaf = {
        "unknown": lambda: Authority.now("Stranger").issue(HOST),
        "expired": lambda: root.issue(HOST, days=-2),
        "early": lambda: root.issue(HOST, not_before=NOW + YEAR, days=800),
        "self-signed": lambda: self_signed(),
        "no sub CA": lambda: replace(root.sub().issue(HOST), above=()),
    }[case]()
    error = await refused(connect(leaf))
    assert error.verify_code == code


async def test_without_a_root_nobody_is_trusted_unless_the_systems_roots_are_to_count(
    connect: Try, root: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(root.write(tmp_path)))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    await refused(connect(root.issue(HOST), roots=[]))
    await connect(root.issue(HOST), roots=[], options={"system_roots": True})


async def test_the_systems_roots_do_not_count_beside_an_installed_one(
    connect: Try, root: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(root.write(tmp_path)))
    other = Authority.now("Other")
    await refused(connect(root.issue(HOST), roots=[other], options={"system_roots": True}))


@pytest.mark.ocpp("A00.FR.501", "A00.FR.503")
async def test_a_key_that_is_too_weak_is_refused(connect: Try, root: Authority) -> None:
    with pytest.raises(ssl.SSLError):
        await connect(root.issue(HOST, key="weak"))


# The name.


@pytest.mark.ocpp("A00.FR.309", "A00.FR.412")
@pytest.mark.parametrize(
    ("common_name", "sans", "host"),
    [
        (HOST, (), HOST),
        (HOST, ("other.example.org",), HOST),
        ("Our CSMS", (HOST,), HOST),
        ("Our CSMS", ("other.example.org", HOST.upper()), HOST),
        ("Our CSMS", ("127.0.0.1",), "127.0.0.1"),
        ("10.1.2.3", (), "10.1.2.3"),
        ("Our CSMS", ("::1",), "0:0:0:0:0:0:0:1"),
    ],
)
async def test_the_host_has_to_be_among_the_names(
    connect: Try, root: Authority, common_name: str, sans: Any, host: str
) -> None:
    await connect(root.issue(common_name, sans=sans), host=host)


@pytest.mark.ocpp("A00.FR.309", "A00.FR.310", "A00.FR.311", "A00.FR.412", "A00.FR.413", "A00.FR.414")
@pytest.mark.parametrize(
    ("common_name", "sans", "told"),
    [
        ("csms.example.com", (), "it is not for csms.example.org, but for csms.example.com"),
        ("example.org", ("a.example.org", "10.0.0.1"), "but for example.org, a.example.org, 10.0.0.1"),
        ("*.example.org", (), "it is for *.example.org, and AllowCSMSTLSWildcards is not set"),
        ("Our CSMS", ("*.example.org",), "AllowCSMSTLSWildcards is not set"),
    ],
)
async def test_another_name_or_a_wildcard_is_refused(
    connect: Try, root: Authority, common_name: str, sans: Any, told: str
) -> None:
    error = await refused(connect(root.issue(common_name, sans=sans)))
    assert told in error.verify_message


@pytest.mark.parametrize(("common_name", "sans"), [("*.example.org", ()), ("Our CSMS", ("*.example.org",))])
async def test_a_wildcard_is_accepted_when_that_is_allowed(
    connect: Try, root: Authority, common_name: str, sans: Any
) -> None:
    await connect(root.issue(common_name, sans=sans), options={"allow_wildcards": True})


@pytest.mark.parametrize(
    ("wildcard", "host"),
    [
        ("*.org", "example.org"),
        ("*", "localhost"),
        ("*.example.org", "a.b.example.org"),
        ("*.example.org", "example.org"),
        ("c*.example.org", "csms.example.org"),
        ("csms.*.org", "csms.example.org"),
        ("*.0.0.1", "127.0.0.1"),
    ],
)
def test_a_wildcard_stands_for_one_whole_label_of_a_domain(wildcard: str, host: str) -> None:
    certificate = {"subject": ((("commonName", wildcard),),)}
    assert name_problem(certificate, host, allow_wildcards=True) is not None


def test_an_internationalised_name_is_compared_in_its_ascii_form() -> None:
    certificate = {"subjectAltName": (("DNS", "xn--csms-zra.example"),)}
    assert name_problem(certificate, "xn--csms-zra.example.") is None
    assert name_problem({"subject": ((("commonName", "bücher.example"),),)}, "xn--bcher-kva.example") is None


@pytest.mark.ocpp("A00.FR.309", "A00.FR.412")
@pytest.mark.parametrize(
    ("name", "host"),
    [
        (f"{HOST}\0.example.com", HOST),
        (f"example.com\0.{HOST}", HOST),
        (f" {HOST}", HOST),
        (f"x{HOST}", HOST),
        (f"{HOST}.example.com", HOST),
        ("", "."),
        ("127.0.0.10", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
    ],
)
def test_a_name_that_only_looks_like_the_host_is_another_one(name: str, host: str) -> None:
    assert name_problem({"subject": ((("commonName", name),),)}, host, allow_wildcards=True) is not None


@pytest.mark.parametrize("place", ["commonName", "subjectAltName"])
async def test_a_nul_does_not_end_a_name(connect: Try, root: Authority, place: str) -> None:
    trick = f"{HOST}\0.example.com"
    names = (trick, ()) if place == "commonName" else ("Our CSMS", (trick,))
    await refused(connect(root.issue(names[0], sans=names[1])))


@pytest.mark.parametrize(("name", "host"), [(f"{HOST}.", HOST), (HOST, f"{HOST}.")])
def test_the_dot_of_a_complete_name_makes_no_difference(name: str, host: str) -> None:
    assert name_problem({"subject": ((("commonName", name),),)}, host) is None


def test_a_certificate_without_a_name_is_nobodys() -> None:
    assert name_problem({}, HOST) == f"it is not for {HOST}, but for nobody"


async def test_a_blocking_socket_is_not_made_because_its_name_would_not_be_checked(root: Authority) -> None:
    with pytest.raises(NotImplementedError):
        context(TlsMaterial((root.root_pem,))).wrap_socket(None)


# Versions and suites.


@pytest.mark.ocpp("A00.FR.314", "A00.FR.316", "A00.FR.417", "A00.FR.419")
async def test_a_server_with_tls_1_1_only_is_refused(connect: Try, root: Authority) -> None:
    with pytest.raises(HelloRefusedError) as raised:
        await connect(root.issue(HOST), newest=ssl.TLSVersion.TLSv1_1)
    assert raised.value.reason in ("TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL")


@pytest.mark.ocpp("A00.FR.319", "A00.FR.422")
@pytest.mark.parametrize("suite", SUITES)
async def test_each_suite_of_the_standard_works_with_tls_1_2(connect: Try, suite: str) -> None:
    root = Authority.now(key="ec" if "ECDSA" in suite else "rsa")
    agreed = await connect(
        root.issue(HOST), roots=[root], newest=ssl.TLSVersion.TLSv1_2, suites=f"{suite}:@SECLEVEL=0"
    )
    assert (agreed.suite, agreed.version) == (suite, "TLSv1.2")


@pytest.mark.ocpp("A00.FR.320", "A00.FR.323", "A00.FR.423", "A00.FR.426")
@pytest.mark.parametrize(
    "suite", ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-CHACHA20-POLY1305"]
)
async def test_other_suites_are_refused(connect: Try, root: Authority, suite: str) -> None:
    with pytest.raises(HelloRefusedError) as raised:
        await connect(root.issue(HOST), newest=ssl.TLSVersion.TLSv1_2, suites=f"{suite}:@SECLEVEL=0")
    assert raised.value.reason == "SSLV3_ALERT_HANDSHAKE_FAILURE"


@pytest.mark.ocpp("A00.FR.321", "A00.FR.424")
async def test_nothing_is_compressed(connect: Try, root: Authority) -> None:
    made = context(TlsMaterial((root.root_pem,)))
    assert made.options & ssl.OP_NO_COMPRESSION
    assert (await connect(root.issue(HOST))).compression is None


async def test_the_server_learns_whom_the_station_wants(root: Authority, tmp_path: Path) -> None:
    asked: list[str | None] = []
    server = server_side(root.issue(HOST), tmp_path)
    server.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with TlsServer(server) as port:
        await shake(port, context(TlsMaterial((root.root_pem,))), HOST)
    assert asked == [HOST]


# The station's own certificate.


@pytest.mark.ocpp("A00.FR.401", "A00.FR.402")
async def test_the_station_shows_its_certificate_with_its_chain(
    connect: Try, root: Authority, tmp_path: Path
) -> None:
    client = shown_by(root.sub("Station CA").issue("CS-0815", client=True), tmp_path)
    assert (await connect(root.issue(HOST), client=client, clients_of=root)).client == "CS-0815"


@pytest.mark.ocpp("A00.FR.430")
async def test_an_expired_certificate_of_the_station_is_shown_all_the_same(
    connect: Try, root: Authority, tmp_path: Path
) -> None:
    """The CSMS refuses it here, by an alert about our certificate: so it was shown."""
    client = shown_by(root.issue("CS-0815", days=-2), tmp_path)
    with pytest.raises(ssl.SSLError) as raised:
        await connect(root.issue(HOST), client=client, clients_of=root)
    assert raised.value.reason == "SSLV3_ALERT_CERTIFICATE_EXPIRED"


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_misses_a_certificate_says_so(connect: Try, root: Authority, newest: Any) -> None:
    with pytest.raises(ssl.SSLError) as raised:
        await connect(root.issue(HOST), clients_of=root, newest=newest)
    assert not isinstance(raised.value, HelloRefusedError)
    assert raised.value.reason in ("SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV13_ALERT_CERTIFICATE_REQUIRED")


async def test_a_root_that_cannot_be_read_does_not_shut_out_the_others(root: Authority, tmp_path: Path) -> None:
    rust = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    made = context(TlsMaterial((rust, root.root_pem)))
    async with TlsServer(server_side(root.issue(HOST), tmp_path)) as port:
        await shake(port, made, HOST)


def test_material_that_cannot_be_used_is_an_error(root: Authority, tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLError):
        context(TlsMaterial(("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",)))
    with pytest.raises(FileNotFoundError):
        context(TlsMaterial((root.root_pem,), ClientIdentity(tmp_path / "none.pem", tmp_path / "none.key", "1")))
