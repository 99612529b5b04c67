"""Page: docs/traceability.md, made of the requirements, the tests and the reasons."""

import csv
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "traceability.md"
REQUIREMENTS = ROOT / "tests" / "data" / "requirements.csv"
REASONS = Path(__file__).with_name("reasons.toml")

HEAD = """# Traceability

Requirements of OCPP 2.0.1 (edition 3 with its errata) for a charging station, and the tests that cover them.
Listed are all requirements of the blocks A (security), B (provisioning), C (authorization), D (local list),
E (transactions), F (remote control), G (availability), J (meter values), M (certificates) and P (data transfer), of
the use cases N09 and N10 and of the protocol itself; of other blocks what is tested so far follows.
Many use cases repeat a requirement in the same words; those are referred to where it stands first.

A test says what it covers by `@pytest.mark.ocpp("B05.FR.07")`; `make traceability` writes this page.
"""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement for charging stations; the subject is in words of our own."""

    id: str
    use_case: str
    actor: str
    level: str
    subject: str
    same_as: str
    """The id of the requirement that this one repeats in the same words; empty if it is no repetition."""

    @property
    def first(self) -> str:
        """Where it stands first; what covers one repetition covers them all."""
        return self.same_as or self.id


def requirements() -> list[Requirement]:
    with REQUIREMENTS.open(encoding="utf-8") as file:
        return [Requirement(**row) for row in csv.DictReader(file)]


def reasons() -> Mapping[str, str]:
    """Return why requirements are not covered, by requirement id or by use case."""
    texts: Mapping[str, str] = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    return texts


def reason_for(requirement: Requirement, texts: Mapping[str, str]) -> str | None:
    ids = (requirement.id, requirement.use_case, requirement.same_as)
    return next((texts[id_] for id_ in ids if id_ in texts), None)


def by_first(tests: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Return the tests by requirement, those of repetitions with what is repeated."""
    firsts = {row.id: row.first for row in requirements()}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for requirement, names in tests.items():
        found[firsts.get(requirement, requirement)] |= set(names)
    return {requirement: sorted(names) for requirement, names in found.items()}


def uncovered(tests: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the ids of the requirements that have neither a test nor a reason."""
    texts, known = reasons(), by_first(tests)
    return [wanted.id for wanted in requirements() if wanted.first not in known and not reason_for(wanted, texts)]


def compose(tests: Mapping[str, Sequence[str]]) -> str:
    """Return the page for these tests by requirement."""
    wanted, texts, tests = requirements(), reasons(), by_first(tests)
    missing = [row for row in wanted if row.first not in tests]
    lines = [
        HEAD,
        f"{len(wanted)} requirements: {len(wanted) - len(missing)} covered by tests, "
        f"{len(missing)} not, for the reasons given.",
    ]
    for use_case, rows in groupby(wanted, key=lambda row: row.use_case):
        lines += [
            "",
            f"## {use_case}",
            "",
            "| requirement | subject | tests, or why there are none |",
            "|---|---|---|",
        ]
        lines += [f"| {row.id} | {row.subject} | {_proof(row, tests, texts)} |" for row in rows]
    lines += ["", "## Other blocks", "", "| requirement | tests |", "|---|---|"]
    lines += list(_others(wanted, tests))
    return "\n".join(lines) + "\n"


def _proof(row: Requirement, tests: Mapping[str, Sequence[str]], texts: Mapping[str, str]) -> str:
    if row.same_as:
        return f"as {row.same_as}"
    if row.id in tests:
        return _listed(tests[row.id])
    return f"*{reason_for(row, texts) or 'nothing yet'}*"


def _others(wanted: Sequence[Requirement], tests: Mapping[str, Sequence[str]]) -> Iterator[str]:
    known = {row.id for row in wanted}
    for requirement, names in tests.items():
        if requirement not in known:
            yield f"| {requirement} | {_listed(names)} |"


def _listed(names: Sequence[str]) -> str:
    return "<br>".join(f"`{name.removeprefix('tests/')}`" for name in names)
