"""From a network profile to what is dialled."""

from pathlib import Path

import pytest

from station.core.network import Attempt
from station.ocpp.endpoint import Endpoint
from station.ocpp.failures import Failure, FailureKind
from station.pki.material import ClientIdentity, TlsMaterial
from station.secret import Secret
from tests.ocpp.lines import PASSWORD, Lines, a_profile
from tests.pki.authority import Authority
from tests.pki.tls_peer import shown_by

WSS = "wss://csms.example/"
BAD_CERTIFICATE = Failure(FailureKind.CERTIFICATE, "not trusted")


@pytest.fixture
def lines(tmp_path):
    lines = Lines(tmp_path / "state", compression=False, proxy="http://proxy:3128")
    yield lines
    lines.close()


@pytest.fixture
def endpoint(lines):
    def endpoint(security, turn=0):
        url = WSS if security > 1 else "ws://csms.example/"
        made = lines.access.endpoint(Attempt(a_profile(1, url, security), turn))
        assert isinstance(made, Endpoint), made
        return made

    return endpoint


@pytest.fixture
def problem(lines):
    def problem(security):
        made = lines.access.endpoint(Attempt(a_profile(1, WSS, security), 0))
        assert isinstance(made, Failure)
        assert made.kind is FailureKind.CONFIGURATION
        return made.reason

    return problem


@pytest.fixture(scope="module")
def root():
    return Authority.now()


@pytest.mark.ocpp("A00.FR.202", "A00.FR.203", "A00.FR.301", "A00.FR.302", "A00.FR.205", "A00.FR.304")
@pytest.mark.parametrize(("security", "password"), [(0, None), (1, PASSWORD), (2, PASSWORD), (3, None)])
def test_the_password_is_for_profiles_1_and_2(lines, endpoint, root, tmp_path, security, password):
    lines.keys.materials = [TlsMaterial((root.root_pem,), shown_by(root.issue("CS"), tmp_path))]
    made = endpoint(security)
    assert made.password == (Secret(password) if password else None)
    assert ("Authorization" in made.headers) == (password is not None)
    assert (made.tls is not None) == (security > 1)


def test_what_is_common_to_all_lines_is_in_every_endpoint(endpoint):
    made = endpoint(1)
    assert (made.identity, made.compression, made.proxy) == ("CS 1", False, "http://proxy:3128")


def test_without_a_root_nothing_is_dialled(lines, problem):
    lines.keys.materials = [TlsMaterial(())]
    assert "csms.root_certificate" in problem(2)


def test_without_a_root_the_systems_count_if_that_is_said(tmp_path):
    lines = Lines(tmp_path, system_roots=True)
    lines.keys.materials = [TlsMaterial(())]
    assert isinstance(lines.access.endpoint(Attempt(a_profile(1, WSS, 2), 0)), Endpoint)
    lines.close()


def test_profile_3_without_a_certificate_is_not_dialled(lines, problem, root):
    lines.keys.materials = [TlsMaterial((root.root_pem,))]
    assert "security profile 3" in problem(3)


def test_files_that_cannot_be_read_are_told(lines, problem, root):
    lines.keys.materials = [TlsMaterial((root.root_pem,), ClientIdentity(Path("/none.pem"), Path("/none.key"), "1"))]
    assert problem(3).startswith("network profile 1 cannot be used")


@pytest.fixture
def materials(lines, root, tmp_path):
    """Two roots and two certificates, newest first, in all combinations."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    clients = [shown_by(root.issue(name), tmp_path / name) for name in "ab"]
    roots = [(root.root_pem,), (Authority.now("Old").root_pem,)]
    lines.keys.materials = [TlsMaterial(one, client) for one in roots for client in clients]
    return lines.keys.materials


def used(lines, endpoint, security, turn=0):
    endpoint(security, turn)
    lines.access.worked()
    return lines.keys.used[-1]


@pytest.mark.ocpp("A02.FR.28", "A03.FR.24", "M05.FR.16")
def test_the_newest_comes_first_and_the_old_one_when_the_whole_list_has_failed(lines, endpoint, materials):
    assert used(lines, endpoint, 3) == materials[0]
    assert used(lines, endpoint, 3, turn=1) == materials[3]
    assert used(lines, endpoint, 3, turn=2) == materials[0]


@pytest.mark.ocpp("M05.FR.14")
def test_a_known_csms_that_does_not_fit_the_new_root_is_judged_by_the_old_one(lines, endpoint, materials):
    endpoint(3)
    lines.access.failed(BAD_CERTIFICATE, known=True)
    assert used(lines, endpoint, 3) == materials[2]
    assert used(lines, endpoint, 3) == materials[0]


@pytest.mark.ocpp("M05.FR.15")
def test_another_csms_that_does_not_fit_the_new_root_is_not(lines, endpoint, materials):
    endpoint(3)
    lines.access.failed(BAD_CERTIFICATE, known=False)
    assert used(lines, endpoint, 3) == materials[0]


def test_what_is_renewed_is_tried_first(lines, endpoint, materials):
    endpoint(3)
    lines.access.failed(BAD_CERTIFICATE, known=True)
    lines.access.renewed()
    assert used(lines, endpoint, 3) == materials[0]


def test_the_key_store_is_not_told_of_a_line_without_tls(lines, endpoint):
    endpoint(1)
    lines.access.worked()
    assert lines.keys.used == []


def test_a_refusal_changes_the_password_only_where_one_was_sent(lines, endpoint, materials):
    endpoint(1)
    lines.access.worked()
    lines.password = Secret("another-password-now")
    refusal = Failure(FailureKind.CREDENTIALS, "401")
    endpoint(3)
    lines.access.failed(refusal, known=True)
    assert endpoint(1).password == lines.password
    lines.access.failed(refusal, known=True)
    assert endpoint(1).password == Secret(PASSWORD)
