"""The book: all stories by name."""

from collections.abc import Iterator
from typing import Final

from station.commands.stories.four_evses import FOUR
from station.commands.stories.late_signature import LATE_SIGNATURE
from station.commands.stories.offline import OFFLINE
from station.commands.stories.power_cut import POWER_CUT
from station.commands.stories.remote import REMOTE
from station.commands.stories.unknown_card import UNKNOWN_CARD
from station.commands.stories.welded import WELDED

STORIES: Final = {
    story.name: story for story in (OFFLINE, POWER_CUT, WELDED, UNKNOWN_CARD, REMOTE, FOUR, LATE_SIGNATURE)
}


def listed() -> Iterator[str]:
    """Yield a line for each story."""
    width = max(map(len, STORIES))
    for story in STORIES.values():
        yield f"{story.name:{width}}  {story.about}"
