"""Whole sessions with readers that are no serial line: a keyboard at USB, a PN532."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from simulators.bench.settings import ReaderSettings
from simulators.bench.settings import Settings as BenchSettings
from tests.flows.house import CARD, SETTINGS, House, is_whole, meter_settings, until

KINDS = ("keyboard", "pn532")


def bench(folder: Path, kind: str) -> BenchSettings:
    return replace(meter_settings(folder), readers=(ReaderSettings(1, folder / "reader1", kind),))


def house(folder: Path, kind: str, **more: str) -> House:
    lines = "".join(f'{key} = "{value}"\n' for key, value in more.items())
    settings = SETTINGS.replace('type = "serial-line"\n', f'type = "{kind}"\n{lines}')
    return House(folder, settings=settings, bench=bench(folder, kind))


def token_of(house: House) -> dict[str, str]:
    (asked,) = house.seen.received("Authorize")
    token: dict[str, str] = asked["idToken"]
    return {"idToken": token["idToken"], "type": token["type"]}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_card_begins_and_ends_a_session(tmp_path: Path, kind: str) -> None:
    async with house(tmp_path, kind) as one:
        transaction_id = await one.charge()
        assert token_of(one) == {"idToken": CARD, "type": "ISO14443"}
        await asyncio.sleep(10)
        one.swipe()
        transaction = await one.finished(transaction_id)
        assert is_whole(transaction)
        assert transaction.stopped_reason == "Local"


@pytest.mark.parametrize("kind", KINDS)
async def test_the_settings_say_how_a_number_is_meant(tmp_path: Path, kind: str) -> None:
    async with house(tmp_path, kind, byte_order="reversed") as one:
        await one.charge("80E6D5C4B3A204")
        assert token_of(one) == {"idToken": CARD, "type": "ISO14443"}


async def test_a_card_that_is_left_on_the_reader_counts_once(tmp_path: Path) -> None:
    async with house(tmp_path, "pn532") as one:
        one.plug()
        await one.status("Occupied")
        one.bench.reader(1).place(CARD)  # type: ignore[union-attr]
        await one.power()
        await asyncio.sleep(30)
        assert one.contactor_closed
        assert len(one.seen.received("Authorize")) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_number_of_the_moment_is_refused_before_anybody_is_asked(tmp_path: Path, kind: str) -> None:
    with capture_logs() as logs:
        async with house(tmp_path, kind) as one:
            one.plug()
            await one.status("Occupied")
            one.swipe("08A2B3C4")
            await asyncio.sleep(20)
            assert one.seen.received("Authorize") == ()
            assert one.csms.transactions == {}
    assert "random_card_refused" in [entry["event"] for entry in logs]
    assert "08A2B3C4" not in str(logs)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reader_that_was_unplugged_serves_again(tmp_path: Path, kind: str) -> None:
    async with house(tmp_path, kind) as one:
        reader = one.bench.reader(1)
        reader.close()
        await asyncio.sleep(5)
        reader.open()
        if kind == "pn532":
            reader.lose_power()  # type: ignore[union-attr]
        one.plug()
        await one.status("Occupied")
        await asyncio.sleep(40)
        one.swipe()
        await until(lambda: bool(one.csms.transactions), "a transaction")
