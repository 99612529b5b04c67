"""Block B: reports of the device model."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.site import Site, good, variable

REQUIRED = Path(__file__).parents[1] / "data" / "required_variables.csv"
LISTS = ("OptionList", "SequenceList", "MemberList")
STATES = {"Available", "Occupied", "Reserved", "Unavailable", "Faulted"}
AVAILABILITY_STATE = "EVSE.AvailabilityState"
ITEMS_PER_MESSAGE = "DeviceDataCtrlr.ItemsPerMessage"

Row = Mapping[str, Any]


@pytest.mark.conformance("TC_B_12_CS")
@pytest.mark.ocpp("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.07", "B07.FR.10", "B07.FR.12")
async def test_tc_b_12_cs(site: Site) -> None:
    """A report of all that can be set."""
    rows = await _base_report(site, "ConfigurationInventory")
    for row in rows:
        assert {attribute["mutability"] for attribute in row["variableAttribute"]} <= {"ReadWrite", "WriteOnly"}, row
    assert _required("ReadWrite", "WriteOnly") - _names(rows) == set()


@pytest.mark.conformance("TC_B_13_CS")
@pytest.mark.ocpp("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.08", "B07.FR.10", "B07.FR.12")
async def test_tc_b_13_cs(site: Site) -> None:
    """A report of all there is."""
    rows = await _base_report(site, "FullInventory")
    assert _required() - _names(rows) == set()


@pytest.mark.conformance("TC_B_16_CS")
@pytest.mark.ocpp("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.09", "B08.FR.12", "B08.FR.14", "B06.FR.09")
async def test_tc_b_16_cs(site: Site) -> None:
    """A report of what is enabled."""
    everything = await _base_report(site, "FullInventory")
    rows = await _report(site, componentCriteria=["Enabled"])
    for row in rows:
        if row["variable"]["name"] == "Enabled":
            assert [attribute.get("value", "true") for attribute in row["variableAttribute"]] == ["true"]
    enabled = [row for row in rows if row["variable"]["name"] == "Enabled"]
    assert _places(enabled) == _places(row for row in everything if _is_enabled(row))
    for row in enabled:
        (result,) = await site.get_variables({"component": row["component"], "variable": row["variable"]})
        if row["variableAttribute"][0].get("mutability") == "WriteOnly":
            assert result["attributeStatus"] == "Rejected"
            assert "attributeValue" not in result
        else:
            assert result["attributeStatus"] == "Accepted"
            assert result["attributeValue"] == "true"


@pytest.mark.conformance("TC_B_17_CS")
@pytest.mark.ocpp("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11", "B08.FR.12", "B08.FR.14")
async def test_tc_b_17_cs(site: Site) -> None:
    """A report of one variable of one EVSE."""
    _assert_state_of_evse(await _report(site, componentVariable=[variable(AVAILABILITY_STATE, evse=1)]))


@pytest.mark.conformance("TC_B_18_CS")
@pytest.mark.ocpp("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.05", "B08.FR.08", "B08.FR.10", "B08.FR.12")
@pytest.mark.ocpp("B08.FR.14", "B08.FR.15")
async def test_tc_b_18_cs(site: Site) -> None:
    """A report of one variable, on condition that its component is available, or has a problem."""
    wanted = [variable(AVAILABILITY_STATE, evse=1)]
    _assert_state_of_evse(await _report(site, componentCriteria=["Available"], componentVariable=wanted))
    answer = await site.call("GetReport", requestId=99, componentCriteria=["Problem"], componentVariable=wanted)
    assert answer["status"] == "EmptyResultSet"
    assert answer.get("statusInfo", {"reasonCode": "NotFound"})["reasonCode"] == "NotFound"


@pytest.mark.conformance("TC_B_54_CS")
@pytest.mark.ocpp("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11", "B08.FR.12", "B08.FR.14", "B08.FR.21")
async def test_tc_b_54_cs(site: Site) -> None:
    """A report of a variable without its instance has all instances."""
    rows = await _report(site, componentVariable=[variable(ITEMS_PER_MESSAGE)])
    assert {(row["component"]["name"], row["variable"]["name"]) for row in rows} == {
        ("DeviceDataCtrlr", "ItemsPerMessage")
    }
    assert {row["variable"]["instance"] for row in rows} >= {"GetReport", "GetVariables"}


@pytest.mark.conformance("TC_B_55_CS")
@pytest.mark.ocpp("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11", "B08.FR.12", "B08.FR.14")
async def test_tc_b_55_cs(site: Site) -> None:
    """A report of one instance of a variable has this one."""
    (row,) = await _report(site, componentVariable=[variable(f"{ITEMS_PER_MESSAGE}[GetReport]")])
    assert row["component"] == {"name": "DeviceDataCtrlr"}
    assert row["variable"] == {"name": "ItemsPerMessage", "instance": "GetReport"}


@pytest.mark.conformance("TC_B_56_CS")
@pytest.mark.ocpp("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.11", "B08.FR.12", "B08.FR.14", "B08.FR.23")
async def test_tc_b_56_cs(site_of_two: Site) -> None:
    """A report of a variable of the EVSEs without the number of one has them all."""
    rows = await _report(site_of_two, componentVariable=[variable(AVAILABILITY_STATE)])
    assert {(row["component"]["name"], row["variable"]["name"]) for row in rows} == {("EVSE", "AvailabilityState")}
    assert sorted(row["component"]["evse"]["id"] for row in rows) == [1, 2]


async def _base_report(site: Site, base: str) -> list[Row]:
    after = site.now
    answer = await site.call("GetBaseReport", requestId=41, reportBase=base)
    assert answer["status"] == "Accepted"
    assert good(answer.get("statusInfo"))
    return _whole(await site.notified(41, after=after))


async def _report(site: Site, **wanted: Sequence[Any]) -> list[Row]:
    after = site.now
    answer = await site.call("GetReport", requestId=42, **wanted)
    assert answer["status"] == "Accepted"
    assert good(answer.get("statusInfo"))
    return _whole(await site.notified(42, after=after))


def _whole(rows: list[Row]) -> list[Row]:
    """Return the rows, which have to say what values their variables take."""
    for row in rows:
        characteristics = row["variableCharacteristics"]
        assert characteristics["dataType"] not in LISTS or characteristics["valuesList"], row
    return rows


def _is_enabled(row: Row) -> bool:
    return bool(row["variable"]["name"] == "Enabled" and row["variableAttribute"][0].get("value") == "true")


def _assert_state_of_evse(rows: Sequence[Row]) -> None:
    (row,) = rows
    assert row["component"] == {"name": "EVSE", "evse": {"id": 1}}
    assert row["variable"] == {"name": "AvailabilityState"}
    assert row["variableCharacteristics"]["dataType"] == "OptionList"
    assert {value.strip() for value in row["variableCharacteristics"]["valuesList"].split(",")} == STATES
    (attribute,) = row["variableAttribute"]
    assert attribute.get("type", "Actual") == "Actual"
    assert attribute["mutability"] == "ReadOnly"
    assert attribute["value"] == "Available"


def _places(rows: Iterator[Row] | Sequence[Row]) -> set[str]:
    return {f"{row['component']} {row['variable']}" for row in rows}


def _names(rows: Sequence[Row]) -> set[tuple[str, str, str]]:
    return {(row["component"]["name"], row["variable"]["name"], row["variable"].get("instance", "")) for row in rows}


def _required(*mutabilities: str) -> set[tuple[str, str, str]]:
    """Return what the standard wants of each station like this one, those with one of the mutabilities or all."""
    with REQUIRED.open() as file:
        return {
            (row["component"], row["variable"], row["instance"])
            for row in csv.DictReader(file)
            if not mutabilities or row["mutability"] in mutabilities
        }
