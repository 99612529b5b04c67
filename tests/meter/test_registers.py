"""The map agrees with the documented one, point by point."""

import pytest

from station.meter.registers import END, MARKER, MARKER_ADDRESS, MODELS, WRITABLE, address, points
from tests.meter.vectors import register_rows


def test_every_documented_point_is_in_the_map_with_the_same_properties() -> None:
    documented = {
        row["protocol_address"]: (
            row["name"],
            row["offset"],
            row["length"],
            row["type"],
            row["units"] or "",
            row["scale_factor"] or "",
            row["access"] == "rw",
            row["implemented"],
            row["base_protocol_address"],
            row["model_id"],
        )
        for row in register_rows()
        if row["model"] != "sunspec_id"
    }
    mapped = {
        at: (
            point.name,
            point.offset,
            point.length,
            point.type,
            point.unit,
            point.scale,
            point.writable,
            point.provided,
            model.base,
            model.id,
        )
        for at, model, point in points()
    }
    assert mapped == documented
    assert len(mapped) + 1 == len(register_rows()) == 291


def test_the_marker_stands_in_front() -> None:
    row = register_rows()[0]
    assert row["protocol_address"] == MARKER_ADDRESS
    assert int(row["default"], 16) == MARKER


def test_the_chain_has_no_gap() -> None:
    at = MARKER_ADDRESS + 2
    for found, _, point in points():
        assert found == at, point.name
        at += point.length
    assert at == END.base + 2


def test_payload_lengths_match_the_rows() -> None:
    for model in MODELS.values():
        assert sum(point.length for point in model.points.values()) == model.length + 2, model.alias


def test_aliases_are_those_of_the_makers_tool() -> None:
    documented = {row["base_protocol_address"]: row["aliases"] for row in register_rows() if "aliases" in row}
    for model in MODELS.values():
        assert model.alias in documented[model.base]


@pytest.mark.parametrize(
    ("alias", "name", "expected"),
    [
        ("stons", "St", 40778),
        ("stoffs", "St", 41032),
        ("bsm", "Epoch", 40260),
        ("bsm", "DO", 40268),
        ("bsm", "PK", 40451),
        ("ostons", "St", 42294),
        ("tpm", "A", 40092),
    ],
)
def test_address_of_a_point(alias: str, name: str, expected: int) -> None:
    assert address(alias, name) == expected


def test_unknown_points_are_refused() -> None:
    with pytest.raises(KeyError):
        address("stons", "Nothing")


def test_thirteen_points_are_writable() -> None:
    assert sorted(WRITABLE) == [
        40068, 40082, 40260, 40262, 40268, 40279, 40349, 40399, 40524, 40778, 41032, 41286, 41540,
    ]  # fmt: skip
