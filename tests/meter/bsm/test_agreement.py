"""Text and snapshot say the same, or what differs is told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from station.core.records import Metadata, RecordKind
from station.meter.bsm.agreement import differences
from station.meter.ocmf import parse
from station.meter.snapshot import decode
from tests.meter.test_snapshot import ROWS, words_of
from tests.meter.vectors import OCMF, named

TEXTS = {(record.meter_serial, record.pagination): record for record in map(parse, OCMF.values())}
PAIRS = [row for row in ROWS if (row["fields"]["MA1"], row["fields"]["RCnt"]) in TEXTS]
TEXT = TEXTS["001BZR1521070006", 4276]
SNAPSHOT = decode("stons", words_of(ROWS[0]))


@pytest.mark.parametrize("row", **named(PAIRS))
def test_published_texts_say_what_their_snapshots_say(row: dict) -> None:
    text = TEXTS[row["fields"]["MA1"], row["fields"]["RCnt"]]
    assert differences(text, decode(row["kind"], words_of(row))) == []


def test_there_are_published_pairs() -> None:
    assert len(PAIRS) >= 5


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"meter_serial": "X"}, "MS X is not MA1 001BZR1521070006 of its snapshot"),
        ({"pagination": 4275}, "PG 4275 is not RCnt 4276 of its snapshot"),
        ({"kind": RecordKind.START}, "XT start is not Typ turn_on of its snapshot"),
        ({"transaction": "E"}, "TX E is not Typ B of its snapshot"),
        ({"session_energy_wh": 10}, "RV 10 Wh is not RCR 0 Wh of its snapshot"),
        ({"energy_wh": 0}, "XV 0 Wh is not TotWhImp 99840 Wh of its snapshot"),
        ({"status": "E"}, "EF and ST bad is not Evt good of its snapshot"),
        ({"error_flags": "Et"}, "EF and ST bad is not Evt good of its snapshot"),
        ({"id_data": "deadbeef"}, "ID is not Meta1 of its snapshot"),
        ({"meta2": "deadbeef"}, "X2 is not Meta2 of its snapshot"),
        ({"meta3": "deadbeef"}, "X3 is not Meta3 of its snapshot"),
    ],
)
def test_every_difference_is_told(changes: dict[str, Any], told: str) -> None:
    assert differences(replace(TEXT, **changes), SNAPSHOT) == [told]


def test_the_instant_and_the_offset_must_both_agree() -> None:
    told = "TM 2022-07-08 08:00:29 UTC+120 min is not Epoch 2022-07-08 08:00:28 UTC+120 min of its snapshot"
    assert differences(replace(TEXT, taken_at=TEXT.taken_at + timedelta(seconds=1)), SNAPSHOT) == [told]
    assert len(differences(TEXT, replace(SNAPSHOT, offset_min=60))) == 1


def test_a_text_without_time_wants_a_snapshot_without_time() -> None:
    no_time = replace(SNAPSHOT, taken_at=None, offset_min=None)
    assert len(differences(TEXT, no_time)) == 1
    unset = replace(TEXT, taken_at=TEXT.taken_at.replace(year=1970))
    assert differences(unset, no_time) == []
    assert len(differences(unset, SNAPSHOT)) == 1


def test_event_bits_must_stand_in_the_text() -> None:
    assert differences(TEXT, replace(SNAPSHOT, events=1 << 17)) == ["EF and ST good is not Evt bad of its snapshot"]


def test_what_an_older_firmware_leaves_out_is_no_difference() -> None:
    assert differences(replace(TEXT, meta2="", meta3="", kind=None), SNAPSHOT) == []
    assert differences(TEXT, replace(SNAPSHOT, metadata=Metadata())) != []
