import base64
from http import HTTPStatus

import pytest

from simulators.mock_csms.handshake import identity_of, turned_away
from simulators.mock_csms.settings import Settings


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def status(
    path: str = "/ocpp/CS1",
    *,
    header: str | None = None,
    offered: tuple[str, ...] = ("ocpp2.0.1",),
    **settings: object,
) -> HTTPStatus | None:
    turned = turned_away(path, authorization=header, offered=offered, settings=Settings(**settings))  # type: ignore[arg-type]
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
