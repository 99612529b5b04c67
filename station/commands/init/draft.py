"""Edits a commented TOML file as text, so that every comment and every key of it survives."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

_HEADER: Final = re.compile(r"(?P<off># )?\[\[?(?P<name>[\w.]+)\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(
    r"(?P<off># ?)?(?P<key>[\w-]+|\"[^\"]+\") = "
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|\[[^\]]*\]|[^\s#]+)(?P<rest>\s*(?:#.*)?)$"
)
_OFF: Final = "# "


class Section:
    """A header, the comments above it and the keys below it; one that begins with `#` says nothing yet."""

    def __init__(self, name: str, above: list[str], lines: list[str]) -> None:
        self.name = name
        """Empty for what stands before the first header."""
        self.above = above
        self.lines = lines
        """With the header."""

    @property
    def says_something(self) -> bool:
        """It is no comment as a whole."""
        return not self.lines[0].startswith("#")

    def copy(self) -> "Section":
        """Return one more of it, without what is explained already."""
        return Section(self.name, [""], [line for line in map(_bare, self.lines) if line])

    def set(self, key: str, value: Any) -> None:
        """Give a key its value, also one that is a comment; KeyError if the section has none of that name."""
        for number, line in enumerate(self.lines):
            found = _KEY.match(line)
            if found and found["key"].strip('"') == key:
                self.lines[number] = _assigned(found, literal(value))
                return
        raise KeyError(f"{self.name}.{key}")

    def switch_off(self, *keys: str) -> None:
        """Make comments of these keys, of all and of the header too if none is named."""
        self.lines = [_off(line) if _is_one_of(line, keys) else line for line in self.lines]


class Draft:
    """A file, section by section."""

    def __init__(self, text: str) -> None:
        self.sections = list(_sections(text.splitlines()))

    def section(self, name: str) -> Section:
        """Return the first section of this name; KeyError if there is none."""
        for section in self.sections:
            if section.name == name:
                return section
        raise KeyError(name)

    def group(self, name: str) -> list[Section]:
        """Return a section and those of its parts that follow it: `evse`, `evse.meter` ..."""
        start = self.sections.index(self.section(name))
        parts = [self.sections[start]]
        for section in self.sections[start + 1 :]:
            if not section.name.startswith(f"{name}."):
                break
            parts.append(section)
        return parts

    def add_after(self, last: Section, sections: Iterable[Section]) -> None:
        """Put sections behind another one."""
        place = self.sections.index(last) + 1
        self.sections[place:place] = list(sections)

    def text(self) -> str:
        """Return the whole file."""
        lines = [line for section in self.sections for line in (*section.above, *section.lines)]
        return "\n".join(lines) + "\n"


def literal(value: Any) -> str:
    """Return a value as TOML writes it: texts, numbers, true, false and lists of them."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
    raise TypeError(f"{value!r} cannot be written")


def keys_of(text: str) -> list[str]:
    """Return the full names of all keys in a text, those that are comments too."""
    sections = _sections(text.splitlines())
    found = ((section.name, _KEY.match(line)) for section in sections for line in section.lines)
    return [f"{name}.{key['key']}" for name, key in found if key]


def _sections(lines: list[str]) -> Iterable[Section]:
    section = Section("", [], [])
    for line in lines:
        header = _HEADER.match(line)
        if header is None:
            section.lines.append(line)
            continue
        above = _taken_off(section.lines)
        yield section
        section = Section(header["name"], above, [line])
    yield section


def _taken_off(lines: list[str]) -> list[str]:
    """Cut off and return the comments at the end, which belong to what follows."""
    end = len(lines)
    while end and (not lines[end - 1] or (lines[end - 1].startswith("#") and not _KEY.match(lines[end - 1]))):
        end -= 1
    above = lines[end:]
    del lines[end:]
    return above


def _assigned(found: re.Match[str], value: str) -> str:
    """Return the line with another value, its comment where it was if there is room."""
    assignment, comment = f"{found['key']} = {value}", found["rest"].strip()
    column = len(found.string) - len(comment)
    return f"{assignment.ljust(column - 1)} {comment}" if comment else assignment


def _bare(line: str) -> str:
    """Return a line without its comment; nothing of a key that is one."""
    found = _KEY.match(line)
    if found:
        return "" if found["off"] else f"{found['key']} = {found['value']}"
    return line if _HEADER.match(line) else ""


def _is_one_of(line: str, keys: tuple[str, ...]) -> bool:
    found = _KEY.match(line)
    if found:
        return not found["off"] and (not keys or found["key"].strip('"') in keys)
    header = _HEADER.match(line)
    return bool(header and not header["off"] and not keys)


def _off(line: str) -> str:
    return f"{_OFF}{line}"
