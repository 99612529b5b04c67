"""What is wired to the station's own computer: inputs, outputs, LEDs, and readers that are no serial line."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from simulators.bench import api
from simulators.bench.bench import Bench
from simulators.bench.errors import UnknownError
from simulators.bench.settings import GpioSettings, LedSettings, ReaderSettings, Settings, plain
from tests.simulators.bench.places import controlled


def settings(folder: Path, *, doe: str = "") -> Settings:
    whole = plain(folder)
    row = replace(whole.evses[0], switched_by="controller", doe=doe)
    readers = (ReaderSettings(1, folder / "keyboard1", "keyboard"), ReaderSettings(2, folder / "reader2", "pn532"))
    return replace(
        whole,
        evses=(row,),
        readers=(*readers, ReaderSettings(3, folder / "reader3")),
        gpio=GpioSettings(folder / "gpio", inputs=("stop",), outputs=("doe1",)),
        leds=LedSettings(folder / "leds", ("green",)),
    )


@asynccontextmanager
async def posting(folder: Path) -> AsyncIterator[tuple[Bench, Any]]:
    whole = settings(folder)
    async with (
        Bench(whole) as bench,
        api.serve(bench, api.listen(whole)) as url,
        ClientSession() as session,
    ):

        async def post(path: str, **body: object) -> tuple[int, Any]:
            async with session.post(url + path, json=body) as answer:
                return answer.status, await answer.json()

        yield bench, post


async def test_an_output_of_the_computer_stands_in_series_with_that_of_the_controller(tmp_path: Path) -> None:
    async with Bench(settings(tmp_path, doe="doe1")) as bench:
        evse, doe = bench.evse(1), tmp_path / "gpio/doe1"
        async with controlled(evse):
            evse.plug()
            await asyncio.sleep(1)
            assert evse.controller.output
            assert not evse.contactor.closed
            doe.write_text("1\n")
            await asyncio.sleep(0.1)
            assert evse.contactor.closed
            doe.write_text("0\n")
            await asyncio.sleep(0.1)
            assert not evse.contactor.closed


async def test_inputs_are_set_and_lost_and_outputs_and_leds_are_seen(tmp_path: Path) -> None:
    async with posting(tmp_path) as (bench, post):
        assert (tmp_path / "gpio/stop").read_text() == "0\n"
        assert await post("/inputs/stop", value=1) == (200, {})
        assert (tmp_path / "gpio/stop").read_text() == "1\n"
        assert bench.state()["gpio"] == {"path": str(tmp_path / "gpio"), "lines": {"stop": 1, "doe1": 0}}
        assert await post("/inputs/stop/lose") == (200, {})
        assert bench.state()["gpio"]["lines"]["stop"] is None
        status, answer = await post("/inputs/doe1", value=1)
        assert (status, answer["error"]) == (400, "line 'doe1' is unknown, there are stop")
        (tmp_path / "leds/green/trigger").write_text("none")
        (tmp_path / "leds/green/brightness").write_text("0")
        assert bench.state()["leds"] == {"path": str(tmp_path / "leds"), "lit": []}
    assert not (tmp_path / "gpio").exists()
    assert not (tmp_path / "leds/green").exists()


async def test_a_bench_without_lines_of_the_computer_says_so(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)) as bench:
        assert (bench.state()["gpio"], bench.state()["leds"]) == (None, None)
        for ask in (lambda: bench.gpio, lambda: bench.leds):
            with pytest.raises(UnknownError, match=r"there are no .*: name them in \[(gpio|leds)\]"):
                ask()


async def test_a_card_is_swiped_at_each_reader_and_left_at_one_that_can_tell(tmp_path: Path) -> None:
    async with posting(tmp_path) as (bench, post):
        assert [row["type"] for row in bench.state()["readers"]] == ["keyboard", "pn532", "card"]
        keyboard = os.open(tmp_path / "keyboard1", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        for number in (1, 2, 3):
            assert await post(f"/readers/{number}/swipe", uid="04A2B3C4") == (200, {})
        assert len(os.read(keyboard, 10_000)) > 24 * 8
        os.close(keyboard)
        assert await post("/readers/2/place", uid="04A2B3C4") == (200, {})
        assert await post("/readers/2/remove") == (200, {})
        for path in ("/readers/1/place", "/readers/3/place"):
            status, answer = await post(path, uid="04A2B3C4")
            assert status == 409
            assert "one cannot leave a card there" in answer["error"]


async def test_a_fault_is_put_on_a_reader_that_knows_some(tmp_path: Path) -> None:
    async with posting(tmp_path) as (bench, post):
        assert await post("/readers/2/faults", name="silent", on=True) == (200, {})
        assert bench.reader(2).faults == {"silent"}
        await post("/readers/2/faults", name="silent", on=False)
        assert not bench.reader(2).faults
        status, answer = await post("/readers/3/faults", name="silent", on=True)
        assert (status, answer["error"]) == (409, "reader 3 is a card: faults are for those of type pn532")
        status, answer = await post("/readers/2/faults", name="late", on=True)
        assert status == 400
        assert "one of silent, no_answer" in answer["error"]
