"""Readers are built as their settings describe them."""

from dataclasses import replace
from typing import Any

import pytest

from station.app import readers
from station.app.readers import reader_of
from station.errors import SettingsError
from station.hardware.ports import CardRead
from station.settings import ReaderSettings

READER = ReaderSettings("front", "serial-line", "/dev/ttyREADER", 9600, (1,))


def read(monkeypatch: pytest.MonkeyPatch, settings: ReaderSettings, sent: bytes) -> list[Any]:
    """What a driver that is given its place makes of these bytes."""
    places: list[Any] = []
    monkeypatch.setattr(readers, "card_reader", lambda _name: places.append)
    reader_of(settings)
    assert (places[0].port, places[0].baud_rate, places[0].name) == ("/dev/ttyREADER", 9600, "front")
    assert places[0].options == settings.options
    return list(places[0].scanner().feed(sent, 0.0))


@pytest.mark.parametrize(
    ("more", "sent", "card"),
    [
        ({}, b"04a2b3c4d5e680\n", CardRead("04A2B3C4D5E680", "ISO14443")),
        ({"byte_order": "reversed"}, b"80e6d5c4b3a204\n", CardRead("04A2B3C4D5E680", "ISO14443")),
        ({"format": "decimal"}, b"3735928559\n", CardRead("DEADBEEF", "ISO14443")),
        ({"prefix": "UID:"}, b"UID:DEADBEEF\n", CardRead("DEADBEEF", "ISO14443")),
        ({"token_type": "Local"}, b"Pool-3\n", CardRead("Pool-3", "Local")),
        ({"type": "serial-keypad"}, b"1234#", CardRead("1234", "KeyCode")),
        ({"type": "serial-button"}, b"x\n", CardRead("", "NoAuthorization")),
        ({"type": "serial-button", "id_token": "GATE"}, b"x\n", CardRead("GATE", "Local")),
    ],
)
def test_a_reader_understands_what_its_settings_say_that_it_sends(
    monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], sent: bytes, card: CardRead
) -> None:
    assert read(monkeypatch, replace(READER, **more), sent) == [card]


def test_a_driver_that_is_not_installed_is_named() -> None:
    with pytest.raises(SettingsError, match="there is no driver 'nothing'"):
        reader_of(replace(READER, type="nothing"))
