"""QR codes as pictures."""

import asyncio
import threading
from http import HTTPStatus

import pytest
import segno

from station.web import pictures
from station.web.pictures import MOST_KEPT, MOST_PENDING, Pictures
from station.web.problems import ProblemError
from station.web.workshop import Workshop

TEXT = "http://127.0.0.1:8080/receipt/4e1b8a6e-1df3-4f6e-9d5c-1f1c8b1e0001"


async def test_a_text_becomes_a_picture_that_runs_nothing() -> None:
    picture = await Pictures(Workshop()).qr(TEXT)
    assert b"<svg" in picture
    assert b"<script" not in picture
    assert b"http://127" not in picture
    modules = segno.make_qr(TEXT, error="m").symbol_size(border=4)[0]
    assert f'width="{modules * 4}"'.encode() in picture


async def test_who_asks_again_gets_the_same_picture_without_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    draw = pictures._draw
    monkeypatch.setattr(pictures, "_draw", lambda text: (drawn.append(text), draw(text))[1])
    kept = Pictures(Workshop())
    assert await kept.qr("a") is await kept.qr("a")
    assert drawn == ["a"]
    for number in range(MOST_KEPT):
        await kept.qr(str(number))
    await kept.qr("a")
    assert drawn.count("a") == 2
    assert drawn.count("15") == 1


async def test_too_many_at_once_are_refused_and_not_kept_waiting() -> None:
    workshop, go_on = Workshop(), threading.Event()
    kept = Pictures(workshop)
    known = await kept.qr("known")
    work = [asyncio.create_task(workshop.do(go_on.wait)) for _ in range(MOST_PENDING)]
    await asyncio.sleep(0)
    last = asyncio.create_task(kept.qr("last"))
    await asyncio.sleep(0)
    with pytest.raises(ProblemError) as problem:
        await kept.qr("one too many")
    assert problem.value.status is HTTPStatus.TOO_MANY_REQUESTS
    assert problem.value.headers["Retry-After"] == "2"
    assert await kept.qr("known") is known
    go_on.set()
    await asyncio.gather(*work)
    assert b"<svg" in await last
    assert b"<svg" in await kept.qr("one too many")
    workshop.close()
