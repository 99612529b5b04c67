"""What people read, by language: `<subject>.<language>.json` beside this file, keys to texts."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

LANGUAGES: Final = ("en", "de")
"""ISO 639-1; the first is what those read whose own is missing."""


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return all texts of one of the LANGUAGES; KeyError for another one, ValueError if a key stands twice."""
    if language not in LANGUAGES:
        raise KeyError(f"{language!r} is none of {', '.join(LANGUAGES)}")
    texts: dict[str, str] = {}
    for subject in _subjects(language):
        found = of_subject(subject, language)
        if twice := texts.keys() & found.keys():
            raise ValueError(f"{subject}.{language}.json: {min(twice)} stands in another file too")
        texts |= found
    return MappingProxyType(texts)


def for_drivers(language: str) -> Mapping[str, str]:
    """Return the texts of `catalogue` without what only operators read of the subject `why`, which is most of it."""
    technical = {key for key in of_subject("why", language) if not key.endswith(".driver")}
    return {key: text for key, text in catalogue(language).items() if key not in technical}


def say(language: str, key: str, **params: object) -> str:
    """Return a text with its placeholders filled in; KeyError for a key, language or placeholder there is not."""
    return catalogue(language)[key].format_map(params)


def of_subject(subject: str, language: str) -> dict[str, str]:
    """Return the texts of one file."""
    texts: dict[str, str] = json.loads((files(__name__) / f"{subject}.{language}.json").read_text(encoding="utf-8"))
    return texts


def _subjects(language: str) -> list[str]:
    ending = f".{language}.json"
    names = (file.name for file in files(__name__).iterdir())
    return sorted(name.removesuffix(ending) for name in names if name.endswith(ending))
