"""Which variables a report lists, and how they are divided into messages."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v201.enums import ComponentCriterionEnumType as Criterion
from ocpp.v201.enums import MutabilityEnumType
from ocpp.v201.enums import ReportBaseEnumType as Base

from station.core import variables as var
from station.core.datatypes import Integer
from station.core.device_model import DeviceModel, EvseFacts, rows_for
from station.core.inventory import PageSize, Wanted, base_report, custom_report, pages


@dataclass(frozen=True)
class Named(var.Variable):
    """A row of a component that has an instance; this station has none."""

    component_instance: str | None = None

    def __post_init__(self):
        super().__post_init__()
        address = replace(self.address, component_instance=self.component_instance)
        object.__setattr__(self, "address", address)
        object.__setattr__(self, "key", address.key)


EVSES = (EvseFacts(1), EvseFacts(2))


def model(*more):
    rows = [*rows_for(EVSES), *more]
    return DeviceModel(rows, stored={}, presets={}, save=lambda _address, _text: None)


def names(rows):
    return {str(row) for row in rows}


def report(one=None, *, criteria=(), wanted=()):
    return names(custom_report(one or model(), criteria, wanted))


@pytest.mark.ocpp("B07.FR.07")
def test_the_configuration_is_what_can_be_set():
    listed = base_report(model(), Base.configuration_inventory)
    assert {row.mutability for row in listed} == {MutabilityEnumType.read_write, MutabilityEnumType.write_only}
    assert names(listed) >= {"OCPPCommCtrlr.HeartbeatInterval", "SecurityCtrlr.BasicAuthPassword"}
    assert len(listed) == sum(row.mutability is not MutabilityEnumType.read_only for row in model())


@pytest.mark.ocpp("B07.FR.08")
def test_the_full_inventory_is_everything():
    one = model()
    assert base_report(one, Base.full_inventory) == list(one)


@pytest.mark.ocpp("B07.FR.09")
def test_the_summary_tells_the_availability_of_every_component_that_has_one():
    assert names(base_report(model(), Base.summary_inventory)) == {
        "ChargingStation.AvailabilityState",
        "EVSE#1.AvailabilityState",
        "EVSE#2.AvailabilityState",
        "Connector#1#1.AvailabilityState",
        "Connector#2#1.AvailabilityState",
    }


@pytest.mark.ocpp("B07.FR.09")
def test_the_summary_tells_what_has_a_problem():
    one = model()
    one.update(var.FISCAL_PROBLEM.at(2), value=True)
    summary = names(base_report(one, Base.summary_inventory))
    assert "FiscalMetering#2.Problem" in summary
    assert "FiscalMetering#1.Problem" not in summary


@pytest.mark.ocpp("B08.FR.20")
def test_a_component_alone_means_all_its_variables():
    assert report(wanted=[Wanted("DeviceDataCtrlr")]) == {
        str(r) for r in var.TABLE if r.component == "DeviceDataCtrlr"
    }


@pytest.mark.ocpp("B08.FR.21")
def test_a_variable_without_instance_means_all_its_instances():
    assert report(wanted=[Wanted("DeviceDataCtrlr", "ItemsPerMessage")]) == {
        "DeviceDataCtrlr.ItemsPerMessage[GetReport]",
        "DeviceDataCtrlr.ItemsPerMessage[GetVariables]",
        "DeviceDataCtrlr.ItemsPerMessage[SetVariables]",
    }


@pytest.mark.parametrize("instance", ["GetReport", "getreport"])
def test_an_instance_that_is_given_is_the_only_one(instance):
    wanted = Wanted("DeviceDataCtrlr", "ItemsPerMessage", instance)
    assert report(wanted=[wanted]) == {"DeviceDataCtrlr.ItemsPerMessage[GetReport]"}


def test_an_empty_instance_counts_as_none():
    wanted = Wanted("deviceDataCtrlr", "itemsPerMessage", "", component_instance="")
    assert len(report(wanted=[wanted])) == 3


@pytest.mark.ocpp("B08.FR.22")
def test_an_evse_without_connector_means_all_its_connectors():
    assert report(wanted=[Wanted("Connector", "ConnectorType", evse_id=2)]) == {"Connector#2#1.ConnectorType"}
    assert report(wanted=[Wanted("EVSE", "AvailabilityState", evse_id=1)]) == {"EVSE#1.AvailabilityState"}
    assert report(wanted=[Wanted("Connector", evse_id=2, connector_id=2)]) == set()


@pytest.mark.ocpp("B08.FR.23")
def test_without_an_evse_the_component_is_meant_wherever_it_is():
    assert report(wanted=[Wanted("EVSE", "AvailabilityState")]) == {
        "EVSE#1.AvailabilityState",
        "EVSE#2.AvailabilityState",
    }
    at_the_top = model(var.FEED_POWER)
    wanted = Wanted("ElectricalFeed", "Frequency"), Wanted("ElectricalFeed", "Power", evse_id=2)
    assert report(at_the_top, wanted=wanted) == {
        "ElectricalFeed#1.Frequency",
        "ElectricalFeed#2.Frequency",
        "ElectricalFeed#2.Power",
        "ElectricalFeed#2.Power[L1]",
        "ElectricalFeed#2.Power[L2]",
        "ElectricalFeed#2.Power[L3]",
    }
    assert "ElectricalFeed.Power" in report(at_the_top, wanted=[Wanted("ElectricalFeed", "Power")])


@pytest.mark.ocpp("B08.FR.24", "B08.FR.25")
def test_an_instance_of_a_component_is_found_by_its_name_or_by_none():
    rows = [Named("X", "Y", Integer(), 0), Named("X", "Y", Integer(), 0, component_instance="left")]
    one = DeviceModel(rows, stored={}, presets={}, save=lambda _address, _text: None)
    assert custom_report(one, (), [Wanted("X")]) == rows
    assert custom_report(one, (), [Wanted("X", component_instance="LEFT")]) == rows[1:]
    assert custom_report(one, (), [Wanted("X", component_instance="right")]) == []


@pytest.mark.ocpp("B08.FR.11", "B08.FR.15")
def test_what_is_not_there_is_not_reported():
    assert report(wanted=[Wanted("NoCtrlr"), Wanted("EVSE", "NoVariable"), Wanted("EVSE", evse_id=3)]) == set()
    assert report(wanted=[Wanted("NoCtrlr"), Wanted("ClockCtrlr", "DateTime")]) == {"ClockCtrlr.DateTime"}


@pytest.mark.ocpp("B08.FR.08", "B08.FR.09")
@pytest.mark.parametrize("criterion", [Criterion.available, Criterion.enabled])
def test_who_is_not_said_to_be_switched_off_is_on(criterion):
    one = model()
    for row in (var.ALIGNED_DATA_AVAILABLE, var.ALIGNED_DATA_ENABLED):
        one.update(row, value=False)
    found = report(one, criteria=[criterion])
    assert "AlignedDataCtrlr.Interval" not in found
    assert "SampledDataCtrlr.TxUpdatedInterval" in found
    assert "ClockCtrlr.DateTime" in found


@pytest.mark.ocpp("B08.FR.09")
def test_a_switch_that_the_csms_turned_off_counts():
    one = model()
    one.set_actual(var.AUTH_ENABLED.address, "false")
    assert "AuthCtrlr.LocalPreAuthorize" not in report(one, criteria=[Criterion.enabled])
    assert "AuthCtrlr.LocalPreAuthorize" in report(one, criteria=[Criterion.available])


@pytest.mark.ocpp("B08.FR.07")
def test_what_is_active_is_judged_by_component_and_evse():
    one = model()
    one.update(var.CONTROLLER_ACTIVE.at(2), value=True)
    found = report(one, criteria=[Criterion.active])
    assert "CPPWMController#2.State" in found
    assert "CPPWMController#1.State" not in found
    assert "EVSE#1.Power" in found


@pytest.mark.ocpp("B08.FR.10")
def test_who_does_not_speak_of_a_problem_has_none():
    one = model()
    assert report(one, criteria=[Criterion.problem]) == set()
    one.update(var.EVSE_PROBLEM.at(1), value=True)
    found = report(one, criteria=[Criterion.problem])
    assert "EVSE#1.Power" in found
    assert {name.split(".")[0] for name in found} == {"EVSE#1"}


@pytest.mark.ocpp("B08.FR.13")
def test_one_of_several_criteria_is_enough():
    one = model()
    one.update(var.CONTROLLER_PROBLEM.at(1), value=True)
    both = report(one, criteria=[Criterion.active, Criterion.problem])
    assert {"CPPWMController#1.State", "EVSE#2.Power"} <= both
    assert "CPPWMController#2.State" not in both


@pytest.mark.ocpp("B08.FR.05")
def test_criteria_and_variables_limit_each_other():
    state = Wanted("EVSE", "AvailabilityState", evse_id=1)
    one = model()
    assert report(one, criteria=[Criterion.available], wanted=[state]) == {"EVSE#1.AvailabilityState"}
    assert report(one, criteria=[Criterion.problem], wanted=[state]) == set()
    one.update(var.EVSE_PROBLEM.at(1), value=True)
    assert report(one, criteria=[Criterion.problem], wanted=[state]) == {"EVSE#1.AvailabilityState"}


def test_without_any_limit_everything_is_reported():
    assert report() == names(model())


def test_a_row_is_reported_once_however_often_it_is_wanted():
    twice = custom_report(model(), (), [Wanted("ClockCtrlr"), Wanted("ClockCtrlr", "DateTime")])
    assert len(twice) == len(set(twice))


def test_a_page_is_full_by_its_items_or_by_its_bytes():
    most = PageSize(items=3, bytes=10)
    assert list(pages([1, 1, 1, 1], int, most=most)) == [([1, 1, 1], True), ([1], False)]
    assert list(pages([4, 6, 1], int, most=most)) == [([4, 6], True), ([1], False)]
    assert list(pages([4, 7], int, most=most)) == [([4], True), ([7], False)]
    assert list(pages([], int, most=most)) == [([], False)]


def test_what_is_too_large_for_a_page_goes_alone():
    most = PageSize(items=3, bytes=10)
    assert list(pages([1, 99, 1], int, most=most)) == [([1], True), ([99], True), ([1], False)]


@given(st.lists(st.integers(0, 12), min_size=1), st.integers(1, 5), st.integers(1, 20))
def test_pages_hold_everything_in_order_and_only_the_last_says_so(items, most_items, most_bytes):
    done = list(pages(items, int, most=PageSize(most_items, most_bytes)))
    assert [item for page, _ in done for item in page] == items
    assert [more for _, more in done] == [True] * (len(done) - 1) + [False]
    assert all(page and len(page) <= most_items for page, _ in done)
    assert all(sum(page) <= most_bytes or len(page) == 1 for page, _ in done)


def test_an_instance_of_its_own_does_not_make_a_component():
    """Two instances of a variable belong to one component: one of them true is enough."""
    two = [replace(var.AUTH_ENABLED, component="X", instance=name, default=name == "b") for name in "ab"]
    assert report(model(*two), criteria=[Criterion.enabled], wanted=[Wanted("X")]) == {"X.Enabled[a]", "X.Enabled[b]"}
