"""The table of variables is what the standard says it is."""

import csv
import re
from pathlib import Path

import pytest
from ocpp.v201.enums import DataEnumType, MutabilityEnumType

from station.core import variables as var
from station.core.policy import KeyPolicy, TxPoint
from station.core.variables import NAME, PRESETTABLE, TABLE, Address, Tier, address

S = DataEnumType
STANDARD = {
    str(Address(row["component"], row["variable"], row["instance"])): row
    for row in csv.DictReader((Path(__file__).parents[1] / "data" / "device_model.csv").read_text().splitlines())
}
"""What the standard and its errata say: referenced variables and, with a star, those that any component may have."""
REQUIRED = [name for name, row in STANDARD.items() if row["required"] == "yes"]

UNSET = {var.IDENTITY.address, var.BASIC_AUTH_PASSWORD.address}
"""Rows whose value only the station's own settings can give."""

HARDWARE = {
    "BayOccupancySensor",
    "CPPWMController",
    "CaseAccessSensor",
    "ConnectorPlugRetentionLock",
    "ElectricalFeed",
    "EmergencyStopSensor",
    "FiscalMetering",
    "PowerContactor",
    "RCD",
}
"""Standardized components that have nothing but variables of their own and those that any component may have."""

SELF_MADE = {
    # Signed Meter Values, an addition to the standard.
    "SampledDataCtrlr.SignStartedReadings": (S.boolean, None),
    "SampledDataCtrlr.SignUpdatedReadings": (S.boolean, None),
    "AlignedDataCtrlr.SignUpdatedReadings": (S.boolean, None),
    "FiscalMetering.PublicKey": (S.string, None),
}

READ_ONLY_HERE = {
    "AuthCacheCtrlr.Policy": "who was not accepted goes first, then the oldest: the one that C10.FR.07 suggests",
    "OCPPCommCtrlr.QueueAllMessages": "what must not be lost is queued anyhow",
    "SampledDataCtrlr.Enabled": "a transaction without its energy could not be billed",
}
"""Optional rows that the standard wants to be written, and of which only one value is possible here."""

LEFT_OUT = {
    "OCPPCommCtrlr.FieldLength[.<message>.<field>]": "no field may be longer than the schemas say",
    "ChargingStation.AllowNewSessionsPendingFirmwareUpdate": "there is no firmware update",
    "ClockCtrlr.NtpSource": "NTP is the operating system's",
    "ClockCtrlr.NtpServerUri[<n>]": "NTP is the operating system's",
    "ClockCtrlr.TimeOffset": "no local time is shown",
    "ClockCtrlr.TimeOffset[NextTransition]": "no local time is shown",
    "ClockCtrlr.NextTimeOffsetTransitionDateTime": "no local time is shown",
    "ClockCtrlr.TimeZone": "no local time is shown",
    "AuthCtrlr.AdditionalInfoItemsPerMessage": "no additional info is sent",
    "EVSE.ISO15118EvseId": "there is no ISO 15118",
}
"""Optional rows of components that are here, and why they are not."""


def generic(row):
    """Return the name that the standard has for a row of any component; phases are instances of their own."""
    return f"*.{row.name}"


def standard_of(row):
    return STANDARD.get(str(row)) or STANDARD.get(generic(row))


def may_be_chosen(row):
    """The CSMS may set the row to more than one value."""
    return row.mutability is not MutabilityEnumType.read_only and row.type.max_limit != 0


@pytest.mark.ocpp("B07.FR.08")
@pytest.mark.parametrize("name", REQUIRED)
def test_every_row_that_a_station_must_have_is_there(name):
    assert name in {str(row) for row in TABLE}


@pytest.mark.parametrize("name", REQUIRED)
def test_what_a_csms_must_be_able_to_set_can_be_set(name):
    row = next(row for row in TABLE if str(row) == name)
    assert row.mutability.value in STANDARD[name]["mutability"].split("|")


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_row_has_the_type_unit_and_mutability_of_the_standard(row):
    if str(row) in SELF_MADE:
        assert (row.type.data_type, row.unit) == SELF_MADE[str(row)]
        return
    wanted = standard_of(row)
    assert wanted, "neither the standard nor SELF_MADE knows it"
    assert row.type.data_type.value == wanted["dataType"]
    assert (row.unit or "") in wanted["unit"].split("|")
    if wanted["mutability"] and str(row) not in READ_ONLY_HERE:
        assert row.mutability.value in wanted["mutability"].split("|")


def test_a_row_whose_component_the_standard_does_not_reference_is_of_standardized_hardware():
    referenced = {row["component"] for row in STANDARD.values()}
    assert {row.component for row in TABLE} - referenced <= HARDWARE


def test_what_is_optional_and_left_out_has_a_reason():
    components = {row.component for row in TABLE}
    rows = {str(row) for row in TABLE}
    missing = {
        name
        for name, row in STANDARD.items()
        if row["component"] in components - HARDWARE and row["mutability"] and name not in rows
    }
    assert missing == set(LEFT_OUT)


def test_no_row_is_there_twice():
    # One of the station and one of each EVSE, such as SendDuringIdle, are two.
    assert len({(row.address.key, row.tier) for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_default_is_one_of_the_values_that_the_row_allows(row):
    if row.address in UNSET:
        return
    assert row.type.parse(row.type.format(row.default)) == row.default


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_list_names_its_values(row):
    """VariableCharacteristicsType.valuesList is mandatory for lists."""
    listed = row.type.data_type in (S.option_list, S.member_list, S.sequence_list)
    assert bool(row.type.values) == listed
    assert len(",".join(row.type.values)) <= 1000


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_row_fits_into_the_messages(row):
    assert len(row.component) <= 50
    assert len(row.name) <= 50
    assert len(row.instance or "") <= 50
    assert len(row.unit or "") <= 16


def test_what_the_csms_may_set_is_kept_and_what_it_may_not_set_is_not():
    assert var.HEARTBEAT_INTERVAL.persistent
    assert var.BASIC_AUTH_PASSWORD.persistent
    assert not var.DATE_TIME.persistent


def test_the_defaults_that_decide_about_money_are_these():
    assert var.TX_START_POINT.default == {TxPoint.POWER_PATH_CLOSED}
    assert var.TX_STOP_POINT.default == {TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED}
    assert var.PUBLIC_KEY_WITH_SIGNED_METER_VALUE.default is KeyPolicy.ONCE
    assert var.SIGN_READINGS.default is True
    assert var.OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED.default is False
    assert var.TX_BEFORE_ACCEPTED_ENABLED.default is False


def test_the_defaults_that_decide_about_security_are_these():
    assert var.ALLOW_SECURITY_PROFILE_DOWNGRADE.default is False
    assert var.ALLOW_CSMS_TLS_WILDCARDS.default is False


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (var.QUEUE_ALL_MESSAGES, False),
        (var.FILE_TRANSFER_PROTOCOLS, frozenset()),
    ],
    ids=lambda part: str(part) if isinstance(part, var.Variable) else "",
)
def test_what_nothing_would_obey_cannot_be_set(row, value):
    assert row.default == value
    assert (row.mutability, row.constant) == (MutabilityEnumType.read_only, True)


LISTS_OF_MEASURANDS = (
    var.TX_STARTED_MEASURANDS,
    var.TX_UPDATED_MEASURANDS,
    var.TX_ENDED_MEASURANDS,
    var.ALIGNED_DATA_MEASURANDS,
    var.ALIGNED_DATA_TX_ENDED_MEASURANDS,
)


@pytest.mark.parametrize("row", LISTS_OF_MEASURANDS, ids=str)
def test_every_list_of_measurands_takes_all_that_the_meter_has_and_nothing_else(row):
    everything = row.type.parse(",".join(row.type.values))
    assert len(everything) == 8
    assert row.type.parse("") == frozenset()
    with pytest.raises(ValueError, match=r"'SoC' is none of Energy\.Active\.Import\.Register,"):
        row.type.parse("SoC")


def test_a_clock_aligned_interval_is_no_longer_than_a_day():
    for row in (var.ALIGNED_DATA_INTERVAL, var.ALIGNED_DATA_TX_ENDED_INTERVAL):
        assert row.type.parse("86400") == 86400
        with pytest.raises(ValueError, match="more than 86400"):
            row.type.parse("86401")


def test_what_costs_the_meter_seconds_or_much_room_is_off_until_a_csms_wants_it():
    assert not any((var.SIGN_UPDATED_READINGS.default, var.ALIGNED_DATA_SIGN_READINGS.default))
    assert (var.TX_ENDED_INTERVAL.default, var.ALIGNED_DATA_INTERVAL.default) == (0, 0)
    assert var.ALIGNED_DATA_TX_ENDED_INTERVAL.default == 0


CODE = Path(var.__file__).parents[2]
READ = {
    name
    for path in CODE.rglob("*.py")
    if not path.is_relative_to(CODE / "core" / "variables")
    for name in re.findall(r"\bvar\.([A-Z_]+)", path.read_text("utf-8"))
}
"""The rows that something in the station speaks of."""


@pytest.mark.parametrize(
    "name", [name for name, row in vars(var).items() if isinstance(row, var.Variable) and may_be_chosen(row)]
)
def test_what_can_be_set_is_read_somewhere(name):
    assert name in READ, "nobody would obey it"


def test_lists_are_read_as_the_enums_that_the_rules_use():
    assert var.TX_START_POINT.type.parse("EVConnected") == {TxPoint.EV_CONNECTED}
    assert isinstance(next(iter(var.TX_START_POINT.type.parse("EVConnected"))), TxPoint)


def test_a_row_of_an_evse_is_addressed():
    assert str(var.EVSE_POWER.at(2)) == "EVSE#2.Power"
    assert str(var.CONNECTOR_TYPE.at(2, 1)) == "Connector#2#1.ConnectorType"
    assert var.EVSE_POWER.tier is Tier.EVSE


def test_each_vendor_has_a_switch_of_its_own():
    assert str(var.custom_implementation_enabled("com.example")) == (
        "CustomizationCtrlr.CustomImplementationEnabled[com.example]"
    )
    assert var.custom_implementation_enabled("com.example").default is True


@pytest.mark.parametrize("name", [str(row) for row in TABLE])
def test_an_address_is_read_from_its_name(name):
    assert NAME.fullmatch(name)
    assert str(address(name)) == name


@pytest.mark.parametrize("name", ["", "HeartbeatInterval", "A.B.C", "A.B[", "A.B[]", "A.", "A.B]"])
def test_what_is_not_written_as_an_address_is_refused(name):
    with pytest.raises(ValueError, match=r"Component\.Variable"):
        address(name)


def test_addresses_are_compared_without_regard_to_case_and_to_an_empty_instance():
    assert Address("OCPPCommCtrlr", "HeartbeatInterval", "").key == Address("ocppcommctrlr", "HEARTBEATINTERVAL").key
    assert Address("A", "B", "c").key != Address("A", "B").key
    assert Address("EVSE", "Power", evse_id=1).key != Address("EVSE", "Power", evse_id=2).key


def test_the_configuration_may_preset_behaviour_but_no_facts_and_no_password():
    presettable = {str(row) for row in PRESETTABLE.values()}
    assert "OCPPCommCtrlr.HeartbeatInterval" in presettable
    assert "OCPPCommCtrlr.MessageTimeout[Default]" in presettable
    assert "SecurityCtrlr.BasicAuthPassword" not in presettable
    assert "EVSE.Power" not in presettable
    assert all(row.mutability is not MutabilityEnumType.write_only for row in PRESETTABLE.values())
