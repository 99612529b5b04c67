"""`station demo STORY`: every story is played to its end, and a story that does not hold says so."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.cli import main
from station.commands.demo_parts import DemoError
from station.commands.demo_story import Acts
from station.commands.stories import playing
from station.commands.stories.book import STORIES
from station.commands.stories.story import Check, Expected, Story

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(300)]

AT_ONCE = 3
"""A story mostly waits; more of them at a time would be late on two cores."""


async def test_every_story_holds(tmp_path: Path) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def told(name: str) -> tuple[int | None, str]:
        async with room:
            demo = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "station", "demo", name, "--folder", str(tmp_path),
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            output, _ = await demo.communicate()
        return demo.returncode, output.decode()

    names = list(reversed(STORIES))  # the long ones first
    for name, (code, text) in zip(names, await asyncio.gather(*map(told, names)), strict=True):
        assert code == 0, text
        assert f"{name}: all of it holds" in text
        assert text.count("transaction ") >= len(STORIES[name].expected), text
        assert "FAILED" not in text


def lying(_acts: Acts) -> tuple[Check, ...]:
    return (Check("the truth", holds=False, seen="a lie"),)


def breaking_off(_acts: Acts) -> tuple[Check, ...]:
    raise DemoError("the vehicle never came")


@pytest.fixture
def same_signals() -> Iterator[None]:
    """A demo that is played in this process takes signals over."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("same_signals")
@pytest.mark.parametrize(
    ("story", "rows"),
    [
        (Story("bad", "", lying, expected=()), ["the truth          a lie"]),
        (
            Story("bad", "", breaking_off, expected=(Expected(),)),
            ["to its end         the vehicle never came", "transactions       0, expected 1"],
        ),
    ],
)
def test_a_story_that_does_not_hold_ends_with_an_error_and_the_table(
    story: Story, rows: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STORIES, "bad", story)
    monkeypatch.setattr(playing, "CONFIRMED_S", 0.0)
    assert main(["demo", "bad", "--folder", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert [line.strip() for line in told.splitlines() if "FAILED" in line] == [f"FAILED  {row}" for row in rows]
    assert "NOT ALL OF IT HOLDS" in told


def test_the_list_names_every_story(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(STORIES)
    assert all(story.about in line for story, line in zip(STORIES.values(), lines, strict=True))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ofline"], "there is no story 'ofline'; there are offline, power-cut,"),
        (["offline", "--security", "3"], "security profile 1"),
    ],
)
def test_what_cannot_be_played_is_told(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", *arguments, "--folder", str(tmp_path)])
    assert ended.value.code == 64
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_readme_lists_every_story() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert [name for name in STORIES if f"`{name}`" not in readme] == []
