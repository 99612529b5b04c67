"""Shows that something goes on: a line that moves on a terminal, one at each end elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TextIO

STEP_S = 0.2


@asynccontextmanager
async def progress(what: str, err: TextIO, *, state: Callable[[], str] = str) -> AsyncIterator[None]:
    """Tell how long it has taken while the body runs; `state` may add how far it is."""
    loop = asyncio.get_running_loop()
    since = loop.time()

    def told(end: str) -> str:
        return f"{what}: {end or state() or 'please wait'} ({loop.time() - since:.1f} s)"

    moving = err.isatty()
    if not moving:
        print(f"{what} ...", file=err, flush=True)
    ticker = asyncio.create_task(_tick(told, err), name="progress") if moving else None
    end = "failed"
    try:
        yield
        end = "done"
    except asyncio.CancelledError:
        end = "interrupted"
        raise
    finally:
        if ticker is not None:
            ticker.cancel()
            await asyncio.wait({ticker})
        print(f"\r{told(end)}\x1b[K" if moving else told(end), file=err, flush=True)


async def _tick(told: Callable[[str], str], err: TextIO) -> None:
    while True:
        err.write(f"\r{told('')}\x1b[K")
        err.flush()
        await asyncio.sleep(STEP_S)
