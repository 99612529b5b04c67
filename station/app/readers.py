"""Builds card readers, keypads and start buttons as the settings describe them."""

from functools import partial

from station.hardware.card_numbers import NumberFormat
from station.hardware.drivers import card_reader
from station.hardware.places import ReaderPlace
from station.hardware.ports import CardReader
from station.hardware.scanners import ButtonScanner, CardScanner, KeypadScanner, Scanner
from station.settings import ReaderSettings
from station.settings.values import KEYPAD, START_BUTTON


def reader_of(settings: ReaderSettings) -> CardReader:
    """Return the reader, whose port is not opened yet; SettingsError if its driver cannot be had."""
    place = ReaderPlace(
        settings.port,
        settings.baud_rate,
        settings.name,
        scanner=partial(_scanner, settings),
        options=settings.options,
    )
    return card_reader(settings.type)(place)


def _scanner(settings: ReaderSettings) -> Scanner:
    if settings.type == KEYPAD:
        return KeypadScanner()
    if settings.type == START_BUTTON:
        return ButtonScanner(settings.id_token)
    number = NumberFormat(settings.format, settings.byte_order, settings.prefix)
    return CardScanner(settings.token_type, number)
