import base64
from http import HTTPStatus

import pytest

from simulators.mock_csms.handshake import (
    MUTUAL_TLS,
    PASSWORD,
    TLS,
    ClientCertificate,
    Security,
    identity_of,
    turned_away,
)
from simulators.mock_csms.settings import Settings

PLAIN = Security(PASSWORD)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def status(
    path: str = "/ocpp/CS1",
    *,
    header: str | None = None,
    offered: tuple[str, ...] = ("ocpp2.0.1",),
    security: Security = PLAIN,
    serial: str | None = None,
    **settings: object,
) -> HTTPStatus | None:
    turned = turned_away(
        path, authorization=header, offered=offered, settings=Settings(**settings), security=security, serial=serial
    )  # type: ignore[arg-type]
    return turned and turned.status


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/ocpp/CS1", "CS1"),
        ("/ocpp/RDAM%20123", "RDAM 123"),
        ("/ocpp/DE*ABC*E1", "DE*ABC*E1"),
        ("/ocpp/CS1?x=1", "CS1"),
        ("/ocpp/" + "x" * 48, "x" * 48),
        ("/ocpp/" + "x" * 49, None),
        ("/ocpp/", None),
        ("/ocpp", None),
        ("/CS1", None),
        ("/ocpp/a/b", None),
        ("/ocpp/a%2Fb", None),
        ("/ocpp/a%3Ab", None),
        ("/ocpp/a%0Ab", None),
        ("/ocpp/%ff", None),
    ],
)
def test_the_identity_is_the_decoded_end_of_the_path(path: str, identity: str | None) -> None:
    assert identity_of(path) == identity


def test_the_subprotocol_has_to_be_offered() -> None:
    assert status() is None
    assert status(offered=("ocpp1.6", "ocpp2.0.1")) is None
    assert status(offered=()) is HTTPStatus.BAD_REQUEST
    assert status(offered=("ocpp1.6",)) is HTTPStatus.BAD_REQUEST


def test_the_password_of_all_stations_is_asked_for() -> None:
    assert status(header=basic("CS1", "pässword"), password="pässword") is None
    assert status(header=basic("CS1", "wrong"), password="pässword") is HTTPStatus.UNAUTHORIZED
    assert status(header=basic("CS2", "pässword"), password="pässword") is HTTPStatus.UNAUTHORIZED
    assert status(password="pässword") is HTTPStatus.UNAUTHORIZED


def test_a_station_s_own_password_goes_before_that_of_all() -> None:
    users = {"CS1": "own"}
    assert status(header=basic("CS1", "own"), users=users, password="all") is None
    assert status(header=basic("CS1", "all"), users=users, password="all") is HTTPStatus.UNAUTHORIZED
    assert status("/ocpp/CS2", header=basic("CS2", "all"), users=users, password="all") is None
    assert status("/ocpp/CS2", header=basic("CS2", "all"), users=users) is HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("header", ["Bearer CS1:secret", "Basic", "Basic %%%", "Basic Q1Mx"])
def test_credentials_that_cannot_be_read_are_wrong_ones(header: str) -> None:
    assert status(header=header, password="secret") is HTTPStatus.UNAUTHORIZED


def mutual(cn: str, organization: str = "") -> Security:
    return Security(MUTUAL_TLS, "TLSv1.3", "TLS_AES_128_GCM_SHA256", ClientCertificate("1", cn, organization))


@pytest.mark.parametrize(
    ("allowed", "welcome"),
    [("either", {"CS1", "SN-1"}), ("identity", {"CS1"}), ("serial", {"SN-1"}), ("any", {"CS1", "SN-1", "CS2"})],
)
def test_a_client_certificate_has_to_be_that_of_the_station(allowed: str, welcome: set[str]) -> None:
    names = {
        cn for cn in ("CS1", "SN-1", "CS2") if status(security=mutual(cn), serial="SN-1", client_cn=allowed) is None
    }
    assert names == welcome
    assert status(security=mutual("CS2"), client_cn="identity") is HTTPStatus.FORBIDDEN


def test_a_serial_number_that_is_not_known_fits_no_certificate() -> None:
    assert status(security=mutual(""), serial=None) is HTTPStatus.FORBIDDEN
    assert status(security=mutual("SN-1"), serial=None, client_cn="serial") is HTTPStatus.FORBIDDEN


def test_a_client_certificate_has_to_be_of_the_organization() -> None:
    assert status(security=mutual("CS1", "ACME CSO"), client_organization="ACME") is None
    assert status(security=mutual("CS1", "Other"), client_organization="ACME") is HTTPStatus.FORBIDDEN


def test_a_client_certificate_takes_the_place_of_the_password() -> None:
    assert status(security=mutual("CS1"), password="secret") is None
    assert status(security=Security(MUTUAL_TLS), password="secret") is HTTPStatus.FORBIDDEN
    assert status(security=Security(TLS, "TLSv1.3"), password="secret") is HTTPStatus.UNAUTHORIZED
