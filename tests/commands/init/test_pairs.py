"""Which devices make an EVSE."""

import pytest

from station.commands.init.pairs import blank, paired
from station.commands.init.probing import METER, Found, Speed
from station.errors import StationError

EVEN, NONE = Speed(19200, "E"), Speed(9600, "N")


def meter(port: str, unit: int = 42) -> Found:
    return Found(port, EVEN, unit, METER, "")


def controller(port: str, unit: int = 1, kind: str = "phoenix-ev-cc") -> Found:
    return Found(port, NONE, unit, kind, "")


def test_meters_and_controllers_are_paired_in_their_order():
    pairs, lines = paired([controller("b", 1), meter("a", 42), meter("a", 43), controller("b", 2)])
    assert [(pair.meter.unit, pair.controller.unit) for pair in pairs] == [(42, 1), (43, 2)]
    assert {port: (line.name, line.baud, line.parity) for port, line in lines.items()} == {
        "a": ("meters", 19200, "E"),
        "b": ("controllers", 9600, "N"),
    }


def test_lines_are_named_after_what_hangs_on_them():
    _, lines = paired([meter("a"), meter("b"), controller("b"), controller("c")])
    assert {port: line.name for port, line in lines.items()} == {"a": "meters", "b": "devices", "c": "controllers"}
    _, lines = paired([meter("a"), meter("b"), controller("c"), controller("d")])
    assert [line.name for line in lines.values()] == ["meters", "meters-2", "controllers", "controllers-2"]


@pytest.mark.parametrize(
    "found",
    [[], [meter("a")], [controller("a")], [meter("a"), meter("a", 43), controller("b")], blank(9)],
)
def test_what_does_not_come_out_even_is_refused(found: list[Found]):
    with pytest.raises(StationError, match="every EVSE needs one of each"):
        paired(found)


def test_a_controller_that_locks_nothing_is_known():
    (pair,), _ = paired([meter("a"), controller("b", kind="evse-wb")])
    assert not pair.locks


def test_settings_for_devices_to_come_can_be_written():
    pairs, lines = paired(blank(2))
    assert [(pair.meter.unit, pair.controller.unit) for pair in pairs] == [(42, 1), (43, 2)]
    assert list(lines) == ["/dev/ttyMETER", "/dev/ttyCONTROL"]
