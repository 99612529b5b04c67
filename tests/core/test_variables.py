"""The table of variables is what the standard says it is."""

import pytest
from ocpp.v201.enums import DataEnumType, MutabilityEnumType

from station.core import variables as var
from station.core.policy import KeyPolicy, TxPoint
from station.core.variables import NAME, PRESETTABLE, TABLE, Address, Tier, address

UNSET = {var.IDENTITY.address, var.BASIC_AUTH_PASSWORD.address}
"""Rows whose value only the station's own settings can give."""

S = DataEnumType
STANDARD = {
    # Part 2 edition 3, referenced variables, with errata 2025-09: data type, unit, mutability if it is not up to us.
    # ResetRetries and TxEndedInterval are ReadWrite there; see below.
    "OCPPCommCtrlr.HeartbeatInterval": (S.integer, "s", "ReadWrite"),
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": (S.integer, "s", "ReadWrite"),
    "OCPPCommCtrlr.RetryBackOffRandomRange": (S.integer, "s", "ReadWrite"),
    "OCPPCommCtrlr.RetryBackOffRepeatTimes": (S.integer, None, "ReadWrite"),
    "OCPPCommCtrlr.WebSocketPingInterval": (S.integer, "s", "ReadWrite"),
    "OCPPCommCtrlr.MessageTimeout[Default]": (S.integer, "s", "ReadOnly"),
    "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": (S.integer, None, "ReadWrite"),
    "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": (S.integer, "s", "ReadWrite"),
    "OCPPCommCtrlr.OfflineThreshold": (S.integer, "s", "ReadWrite"),
    "OCPPCommCtrlr.ResetRetries": (S.integer, None, None),
    "OCPPCommCtrlr.UnlockOnEVSideDisconnect": (S.boolean, None, None),
    "OCPPCommCtrlr.PublicKeyWithSignedMeterValue": (S.option_list, None, "ReadWrite"),
    "AuthCtrlr.Enabled": (S.boolean, None, "ReadWrite"),
    "AuthCtrlr.LocalPreAuthorize": (S.boolean, None, "ReadWrite"),
    "AuthCtrlr.LocalAuthorizeOffline": (S.boolean, None, "ReadWrite"),
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": (S.boolean, None, "ReadWrite"),
    "AuthCtrlr.AuthorizeRemoteStart": (S.boolean, None, None),
    "AuthCtrlr.DisableRemoteAuthorization": (S.boolean, None, "ReadWrite"),
    "AuthCacheCtrlr.Available": (S.boolean, None, "ReadOnly"),
    "AuthCacheCtrlr.Enabled": (S.boolean, None, "ReadWrite"),
    "AuthCacheCtrlr.LifeTime": (S.integer, "s", "ReadWrite"),
    "AuthCacheCtrlr.DisablePostAuthorize": (S.boolean, None, "ReadWrite"),
    "TxCtrlr.EVConnectionTimeOut": (S.integer, "s", "ReadWrite"),
    "TxCtrlr.TxStartPoint": (S.member_list, None, None),
    "TxCtrlr.TxStopPoint": (S.member_list, None, None),
    "TxCtrlr.StopTxOnInvalidId": (S.boolean, None, "ReadWrite"),
    "TxCtrlr.StopTxOnEVSideDisconnect": (S.boolean, None, None),
    "TxCtrlr.TxBeforeAcceptedEnabled": (S.boolean, None, "ReadWrite"),
    "SampledDataCtrlr.Available": (S.boolean, None, "ReadOnly"),
    "SampledDataCtrlr.TxStartedMeasurands": (S.member_list, None, "ReadWrite"),
    "SampledDataCtrlr.TxUpdatedMeasurands": (S.member_list, None, "ReadWrite"),
    "SampledDataCtrlr.TxUpdatedInterval": (S.integer, "s", "ReadWrite"),
    "SampledDataCtrlr.TxEndedMeasurands": (S.member_list, None, "ReadWrite"),
    "SampledDataCtrlr.TxEndedInterval": (S.integer, "s", None),
    "SampledDataCtrlr.SignReadings": (S.boolean, None, "ReadWrite"),
    "SampledDataCtrlr.SignStartedReadings": (S.boolean, None, None),
    "SampledDataCtrlr.SignUpdatedReadings": (S.boolean, None, None),
    "ClockCtrlr.DateTime": (S.date_time, None, "ReadOnly"),
    "ClockCtrlr.TimeSource": (S.sequence_list, None, "ReadWrite"),
    "SecurityCtrlr.Identity": (S.string, None, None),
    "SecurityCtrlr.BasicAuthPassword": (S.string, None, "WriteOnly"),
    "SecurityCtrlr.SecurityProfile": (S.integer, None, "ReadOnly"),
    "ChargingStation.Available": (S.boolean, None, "ReadOnly"),
    "ChargingStation.AvailabilityState": (S.option_list, None, "ReadOnly"),
    "ChargingStation.SupplyPhases": (S.integer, None, "ReadOnly"),
    "EVSE.Available": (S.boolean, None, "ReadOnly"),
    "EVSE.AvailabilityState": (S.option_list, None, "ReadOnly"),
    "EVSE.SupplyPhases": (S.integer, None, "ReadOnly"),
    "EVSE.Power": (S.decimal, "W", "ReadOnly"),
    "Connector.Available": (S.boolean, None, "ReadOnly"),
    "Connector.AvailabilityState": (S.option_list, None, "ReadOnly"),
    "Connector.ConnectorType": (S.string, None, "ReadOnly"),
    "Connector.SupplyPhases": (S.integer, None, "ReadOnly"),
    "FiscalMetering.PublicKey": (S.string, None, "ReadOnly"),
}


def test_the_table_has_exactly_the_rows_that_are_described_here():
    assert {str(row) for row in TABLE} == set(STANDARD)
    assert len({row.address.key for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_row_has_the_type_unit_and_mutability_of_the_standard(row):
    data_type, unit, mutability = STANDARD[str(row)]
    assert (row.type.data_type, row.unit) == (data_type, unit)
    assert mutability in (None, row.mutability.value)


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


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (var.RESET_RETRIES, 0),
        (var.TX_STOP_POINT, {TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED}),
        (var.TX_ENDED_INTERVAL, 0),
        (var.UNLOCK_ON_EV_SIDE_DISCONNECT, True),
    ],
    ids=str,
)
def test_what_nothing_would_obey_cannot_be_set(row, value):
    assert row.default == value
    assert (row.mutability, row.constant) == (MutabilityEnumType.read_only, True)


def test_lists_are_read_as_the_enums_that_the_rules_use():
    assert var.TX_START_POINT.type.parse("EVConnected") == {TxPoint.EV_CONNECTED}
    assert isinstance(next(iter(var.TX_START_POINT.type.parse("EVConnected"))), TxPoint)


def test_a_row_of_an_evse_is_addressed():
    assert str(var.EVSE_POWER.at(2)) == "EVSE#2.Power"
    assert str(var.CONNECTOR_TYPE.at(2, 1)) == "Connector#2#1.ConnectorType"
    assert var.EVSE_POWER.tier is Tier.EVSE


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
