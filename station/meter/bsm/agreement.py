"""BSM-WS36A: do an OCMF text and the snapshot that it was made from say the same; pure.

Both are signed on their own. Source: METER.md sections 3 and 4.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from station.meter.evidence.verdict import TRANSACTION
from station.meter.ocmf import Ocmf
from station.meter.snapshot import Snapshot

_NO_TIME: Final = "no time"


class _Pair(NamedTuple):
    """One thing that stands in both."""

    key: str
    register: str
    in_text: Callable[[Ocmf], str | None]
    """None: the text leaves it out, as older firmware does."""
    in_snapshot: Callable[[Snapshot], str]
    personal: bool = False
    """It may say who charges: no message repeats it."""


def differences(text: Ocmf, snapshot: Snapshot) -> list[str]:
    """Return in what a text is not what its snapshot says, one clause each; an empty list if they agree."""
    told = []
    for pair in _PAIRS:
        one, other = pair.in_text(text), pair.in_snapshot(snapshot)
        if one is not None and one != other:
            said, should = ("", "") if pair.personal else (f" {one}", f" {other}")
            told.append(f"{pair.key}{said} is not {pair.register}{should} of its snapshot")
    return told


def _text_time(text: Ocmf) -> str:
    offset = text.taken_at.utcoffset()
    if not text.clock_set or offset is None:
        return _NO_TIME
    return _time(text.taken_at, round(offset.total_seconds() / 60))


def _snapshot_time(snapshot: Snapshot) -> str:
    if snapshot.taken_at is None or snapshot.offset_min is None:
        return _NO_TIME
    return _time(snapshot.taken_at, snapshot.offset_min)


def _time(instant: datetime, offset_min: int) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC{offset_min:+d} min"


def _text_health(text: Ocmf) -> str:
    return "good" if (text.error_flags, text.status) == ("", "G") else "bad"


def _snapshot_health(snapshot: Snapshot) -> str:
    return "bad" if snapshot.events else "good"


_PAIRS: Final = (
    _Pair("MS", "MA1", lambda text: text.meter_serial, lambda snapshot: snapshot.meter_serial),
    _Pair("PG", "RCnt", lambda text: str(text.pagination), lambda snapshot: str(snapshot.pagination)),
    _Pair("XT", "Typ", lambda text: text.kind, lambda snapshot: snapshot.kind),
    _Pair("TX", "Typ", lambda text: text.transaction, lambda snapshot: TRANSACTION[snapshot.kind]),
    _Pair("RV", "RCR", lambda text: f"{text.session_energy_wh} Wh", lambda snap: f"{snap.session_energy_wh} Wh"),
    _Pair("XV", "TotWhImp", lambda text: f"{text.energy_wh} Wh", lambda snapshot: f"{snapshot.energy_wh} Wh"),
    _Pair("TM", "Epoch", _text_time, _snapshot_time),
    _Pair("EF and ST", "Evt", _text_health, _snapshot_health),
    _Pair("ID", "Meta1", lambda text: text.id_data, lambda snap: snap.metadata.meta1, personal=True),
    _Pair("X2", "Meta2", lambda text: text.meta2 or None, lambda snap: snap.metadata.meta2, personal=True),
    _Pair("X3", "Meta3", lambda text: text.meta3 or None, lambda snap: snap.metadata.meta3, personal=True),
)
