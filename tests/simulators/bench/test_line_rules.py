"""What may hang on one port."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulators.bench.bench import Bench
from simulators.bench.errors import SettingsError
from simulators.bench.line_rules import check
from simulators.bench.place import TcpPlace
from simulators.bench.settings import Settings, plain
from tests.simulators.bench.places import shared

FREE = TcpPlace("tcp", "127.0.0.1", 0)


def with_second_meter(settings: Settings, **changes: Any) -> Settings:
    first, second = settings.evses
    return replace(settings, evses=(first, replace(second, meter=replace(second.meter, **changes))))


@pytest.mark.parametrize("place", [Path("/bus"), FREE])
def test_devices_that_agree_share_a_port(place: Path | TcpPlace) -> None:
    check(shared(Path(), place))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unit": 42}, "at: port /bus: the meter of EVSE 1 and the meter of EVSE 2 both have unit 42: give each"),
        ({"unit": 1}, "port /bus: the controller of EVSE 1 and the meter of EVSE 2 both have unit 1"),
        ({"unit": 2}, "the meter of EVSE 2 and the controller of EVSE 2 both have unit 2"),
        ({"baud": 9600}, "the meter of EVSE 1 and the meter of EVSE 2 differ in baud, 19200 and 9600"),
        ({"parity": "even"}, "differ in parity, none and even: baud, parity, pacing of a port are the same"),
        ({"pacing": True}, "differ in pacing, False and True"),
    ],
)
def test_devices_that_cannot_share_a_port_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        check(with_second_meter(shared(Path(), Path("/bus")), **changes), where="at: ")


@pytest.mark.parametrize("changes", [{"unit": 42}, {"baud": 9600, "parity": "even", "pacing": True}])
def test_on_ports_of_their_own_they_may_differ_in_everything(changes: dict[str, Any]) -> None:
    check(with_second_meter(shared(Path(), Path("/bus")), port=Path("/other"), **changes))
    check(with_second_meter(shared(Path(), FREE), port=replace(FREE, name="b"), **changes))


def test_a_bench_without_a_file_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="both have unit 42"):
        Bench(with_second_meter(plain(tmp_path, evses=2), port=tmp_path / "meter1"))
