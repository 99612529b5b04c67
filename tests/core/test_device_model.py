"""What the device model answers to the station and to the CSMS."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from ocpp.v201.enums import AttributeEnumType, ConnectorStatusEnumType

from station.core import variables as var
from station.core.datatypes import InvalidValueError
from station.core.device_model import Accepted, DeviceModel, EvseFacts, Found, Refusal, Rejected, rows_for
from station.core.policy import TxPoint
from station.core.variables import Address
from station.errors import StorageError
from station.secret import Secret

HEARTBEAT = Address("OCPPCommCtrlr", "HeartbeatInterval")


class Shelf(dict):
    """Stands for the store: what is saved is there for the next model."""

    def save(self, address, text):
        self[address] = text


ONE_EVSE = (EvseFacts(1),)


def model(shelf=None, *, presets=None, evses=ONE_EVSE):
    shelf = Shelf() if shelf is None else shelf
    return DeviceModel(rows_for(evses), stored=dict(shelf), presets=presets or {}, save=shelf.save)


def test_a_variable_has_its_default_until_somebody_sets_it():
    assert model()[var.HEARTBEAT_INTERVAL] == 300
    assert model().text(var.TX_STOP_POINT) == "EVConnected,Authorized"


def test_the_configuration_presets_and_the_csms_has_the_last_word():
    presets = {HEARTBEAT: "120", var.OFFLINE_THRESHOLD.address: "5"}
    shelf = Shelf({HEARTBEAT: "30"})
    preset = model(shelf, presets=presets)
    assert preset[var.HEARTBEAT_INTERVAL] == 30
    assert preset[var.OFFLINE_THRESHOLD] == 5


def test_what_is_preset_is_not_stored():
    shelf = Shelf()
    model(shelf, presets={HEARTBEAT: "120"})
    assert shelf == {}


def test_what_the_csms_sets_is_in_force_at_once_and_after_a_restart():
    shelf = Shelf()
    first = model(shelf)
    answer = first.set_actual(HEARTBEAT, "60")
    assert answer == Accepted(var.HEARTBEAT_INTERVAL, reboot_required=False)
    assert first[var.HEARTBEAT_INTERVAL] == 60
    assert model(shelf)[var.HEARTBEAT_INTERVAL] == 60


def test_what_cannot_be_stored_is_not_in_force():
    def save(address, text):
        raise StorageError("disk full")

    full = DeviceModel(rows_for([EvseFacts(1)]), stored={}, presets={}, save=save)
    with pytest.raises(StorageError):
        full.set_actual(HEARTBEAT, "60")
    assert full[var.HEARTBEAT_INTERVAL] == 300


def test_names_are_understood_in_any_case():
    assert isinstance(model().get_actual(Address("ocppcommctrlr", "heartbeatinterval")), Found)


def test_a_list_is_answered_as_it_was_set():
    one = model()
    address = var.TX_UPDATED_MEASURANDS.address
    one.set_actual(address, "Voltage,Energy.Active.Import.Register")
    assert one.get_actual(address).text == "Voltage,Energy.Active.Import.Register"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (Address("NoCtrlr", "HeartbeatInterval"), Refusal.UNKNOWN_COMPONENT),
        (Address("OCPPCommCtrlr", "NoInterval"), Refusal.UNKNOWN_VARIABLE),
        (Address("OCPPCommCtrlr", "HeartbeatInterval", "x"), Refusal.UNKNOWN_VARIABLE),
        (Address("OCPPCommCtrlr", "MessageTimeout"), Refusal.UNKNOWN_VARIABLE),
        (Address("OCPPCommCtrlr", "HeartbeatInterval", component_instance="x"), Refusal.UNKNOWN_COMPONENT),
        (Address("EVSE", "Power"), Refusal.UNKNOWN_COMPONENT),
        (Address("EVSE", "Power", evse_id=2), Refusal.UNKNOWN_COMPONENT),
        (Address("Connector", "ConnectorType", evse_id=1, connector_id=2), Refusal.UNKNOWN_COMPONENT),
    ],
)
@pytest.mark.ocpp("B05.FR.04", "B05.FR.05", "B06.FR.06", "B06.FR.07", "B06.FR.15")
def test_what_the_station_does_not_have_is_named_as_unknown(address, status):
    assert model().get_actual(address) == Rejected(status)
    assert model().set_actual(address, "1") == Rejected(status)


@pytest.mark.ocpp("B05.FR.06", "B06.FR.08")
def test_only_the_actual_value_is_supported():
    refused = Rejected(Refusal.NOT_SUPPORTED_ATTRIBUTE_TYPE)
    assert model().get_actual(HEARTBEAT, AttributeEnumType.target) == refused
    assert model().set_actual(HEARTBEAT, "60", AttributeEnumType.max_set) == refused


@pytest.mark.parametrize(
    ("address", "text", "reason_code"),
    [
        (HEARTBEAT, "soon", "InvalidValue"),
        (HEARTBEAT, "0", "ValueTooLow"),
        (HEARTBEAT, "2147483648", "ValueTooHigh"),
        (var.WEB_SOCKET_PING_INTERVAL.address, "-1", "ValueTooLow"),
        (var.TX_START_POINT.address, "Sometime", "InvalidValue"),
        (var.TX_START_POINT.address, "", "InvalidValue"),
        (var.TX_START_POINT.address, "ParkingBayOccupancy", "InvalidValue"),
        (var.MESSAGE_TIMEOUT.address, "20", "ReadOnly"),
        (var.STATION_AVAILABLE.address, "false", "ReadOnly"),
    ],
)
@pytest.mark.ocpp("B05.FR.07", "B05.FR.08", "B05.FR.09")
def test_a_value_that_cannot_be_set_is_rejected_with_its_reason_and_changes_nothing(address, text, reason_code):
    shelf = Shelf()
    one = model(shelf)
    before = one.get_actual(address)
    answer = one.set_actual(address, text)
    assert (answer.status, answer.reason_code) == (Refusal.REJECTED, reason_code)
    assert one.get_actual(address) == before
    assert shelf == {}


@pytest.mark.ocpp("B06.FR.09", "A01.FR.01")
def test_the_password_can_be_set_but_not_read():
    shelf = Shelf()
    one = model(shelf)
    address = var.BASIC_AUTH_PASSWORD.address
    assert isinstance(one.set_actual(address, "a new password, long"), Accepted)
    assert one[var.BASIC_AUTH_PASSWORD] == Secret("a new password, long")
    assert one.get_actual(address) == Rejected(Refusal.REJECTED, "WriteOnly")
    assert model(shelf)[var.BASIC_AUTH_PASSWORD] == Secret("a new password, long")


def nobody_shouts(name):
    return Rejected(Refusal.REJECTED, "InvalidValue", "too loud") if name.isupper() else None


def test_a_guard_is_asked_whether_a_value_may_be_set_now():
    shelf = Shelf()
    one = model(shelf)
    one.guard(var.ORGANIZATION_NAME, nobody_shouts)
    refused = Rejected(Refusal.REJECTED, "InvalidValue", "too loud")
    address = var.ORGANIZATION_NAME.address
    assert one.check(address, "ACME") == refused
    assert one.set_actual(address, "ACME") == refused
    assert shelf == {}
    assert isinstance(one.set_actual(address, "Acme"), Accepted)
    assert isinstance(one.set_actual(HEARTBEAT, "60"), Accepted)


def test_one_guard_of_several_is_enough_to_refuse():
    one = model()
    one.guard(var.ORGANIZATION_NAME, lambda _: None)
    one.guard(var.ORGANIZATION_NAME, nobody_shouts)
    assert isinstance(one.set_actual(var.ORGANIZATION_NAME.address, "ACME"), Rejected)


def test_a_guard_sees_the_value_and_only_one_that_the_type_allows():
    seen = []
    one = model()
    one.guard(var.NETWORK_CONFIGURATION_PRIORITY, seen.append)
    one.set_actual(var.NETWORK_CONFIGURATION_PRIORITY.address, "9")
    one.set_actual(var.NETWORK_CONFIGURATION_PRIORITY.address, "2,1")
    assert seen == [("2", "1")]


def test_who_wants_to_know_is_told_when_a_value_is_saved_and_in_force():
    shelf, told = Shelf(), []
    one = model(shelf)
    one.on_set(var.HEARTBEAT_INTERVAL, lambda value: told.append((value, one[var.HEARTBEAT_INTERVAL], dict(shelf))))
    one.set_actual(HEARTBEAT, "0")
    one.check(HEARTBEAT, "60")
    assert told == []
    one.set_actual(HEARTBEAT, "60")
    assert told == [(60, 60, {HEARTBEAT: "60"})]


def test_nobody_is_told_of_what_the_station_itself_updates():
    told = []
    one = model()
    one.on_set(var.HEARTBEAT_INTERVAL, told.append)
    one.update(var.HEARTBEAT_INTERVAL, 90)
    assert told == []


def test_a_guard_or_a_reaction_for_a_row_that_is_not_there_is_a_bug():
    with pytest.raises(KeyError):
        model().guard(var.EVSE_NAME.at(3), lambda _: None)
    with pytest.raises(KeyError):
        model().on_set(var.EVSE_NAME.at(3), lambda _: None)


@pytest.mark.ocpp("B06.FR.13")
def test_what_is_measured_is_empty_while_it_is_not_known():
    one = model()
    one.read_from(var.EVSE_POWER.at(1), lambda: None)
    assert one.get_actual(Address("EVSE", "Power", evse_id=1)).text == ""


def test_checking_a_value_changes_nothing():
    one = model()
    assert one.check(HEARTBEAT, "60") == var.HEARTBEAT_INTERVAL
    assert one[var.HEARTBEAT_INTERVAL] == 300


def test_the_station_tells_its_own_states():
    one = model()
    one.update(var.EVSE_AVAILABILITY_STATE.at(1), ConnectorStatusEnumType.occupied)
    one.update(var.EVSE_POWER.at(1), Decimal("7360.5"))
    assert one.get_actual(Address("EVSE", "AvailabilityState", evse_id=1)).text == "Occupied"
    assert one.get_actual(Address("EVSE", "Power", evse_id=1)).text == "7360.5"


def test_an_update_by_the_station_replaces_the_text_that_was_set():
    one = model()
    one.set_actual(HEARTBEAT, "60")
    one.update(var.HEARTBEAT_INTERVAL, 90)
    assert one.text(var.HEARTBEAT_INTERVAL) == "90"


def test_the_clock_is_asked_when_it_is_read():
    times = iter([datetime(2026, 12, 1, 12, tzinfo=UTC), datetime(2026, 12, 1, 13, tzinfo=UTC)])
    one = model()
    one.read_from(var.DATE_TIME, lambda: next(times))
    assert one.text(var.DATE_TIME) == "2026-12-01T12:00:00.000Z"
    assert one.text(var.DATE_TIME) == "2026-12-01T13:00:00.000Z"


def test_a_stored_value_that_is_not_allowed_any_more_is_ignored_and_told():
    gone, wrong = Address("OldCtrlr", "Gone"), Address("TxCtrlr", "TxStartPoint")
    one = model(Shelf({gone: "1", wrong: "ParkingBayOccupancy", HEARTBEAT: "60"}))
    assert one.ignored == (gone, wrong)
    assert one[var.TX_START_POINT] == {TxPoint.POWER_PATH_CLOSED}
    assert one[var.HEARTBEAT_INTERVAL] == 60


def test_a_preset_that_is_no_value_is_an_error():
    with pytest.raises(InvalidValueError):
        model(presets={HEARTBEAT: "soon"})


def test_each_evse_has_its_own_rows_with_the_facts_of_its_hardware():
    one = model(evses=[EvseFacts(1, phases=3, max_current_a=32), EvseFacts(2, phases=1, connector_type="sType2")])
    assert one[var.EVSE_SUPPLY_PHASES.at(2)] == 1
    assert one[var.CONNECTOR_TYPE.at(2, 1)] == "sType2"
    assert one.find(Address("EVSE", "Power", evse_id=1)).type.max_limit == 22080
    assert one.find(Address("EVSE", "Power", evse_id=2)).type.max_limit == 3680
    assert one[var.FISCAL_PUBLIC_KEY.at(2)] == ""
    assert one[var.STATION_SUPPLY_PHASES] == 3


def test_what_an_evse_does_not_have_is_left_out():
    one = model(
        evses=[EvseFacts(1, phases=1, fixed_cable=True), EvseFacts(2, name="DE*ABC*E2")],
    )
    assert [row.at(1) in one for row in var.FEED_VOLTAGE] == [True, False, False]
    assert [row.at(2) in one for row in var.FEED_CURRENT] == [True, True, True]
    assert (var.LOCK_PROBLEM.at(1) in one, var.LOCK_PROBLEM.at(2) in one) == (False, True)
    assert var.EVSE_NAME.at(1) not in one
    assert one[var.EVSE_NAME.at(2)] == "DE*ABC*E2"


def test_a_bay_that_is_watched_has_a_sensor_in_the_device_model():
    one = model(evses=[EvseFacts(1), EvseFacts(2, bay_sensor=True)])
    for row in (var.BAY_SENSOR_ENABLED, var.BAY_SENSOR_ACTIVE):
        assert (row.at(1) in one, row.at(2) in one) == (False, True)
    assert one[var.BAY_SENSOR_ENABLED.at(2)] is True


def test_what_tells_of_an_emergency_or_a_door_is_in_the_device_model_where_it_is():
    one = model(evses=[EvseFacts(1), EvseFacts(2, emergency_stop=True), EvseFacts(3, door_sensor=True)])
    for row, fitted in ((var.EMERGENCY_STOP_ACTIVE, 2), (var.DOOR_SENSOR_ACTIVE, 3)):
        assert [evse_id for evse_id in (1, 2, 3) if row.at(evse_id) in one] == [fitted]


@pytest.mark.ocpp("E01.FR.01", "E06.FR.01")
@pytest.mark.parametrize("row", [var.TX_START_POINT, var.TX_STOP_POINT])
def test_a_transaction_can_begin_and_end_with_a_parking_bay_only_where_one_is_watched(row):
    watched = model(evses=[EvseFacts(1), EvseFacts(2, bay_sensor=True)])
    assert set(watched.find(row.address).type.values) == set(TxPoint)
    unwatched = model()
    assert set(unwatched.find(row.address).type.values) == set(TxPoint) - {TxPoint.PARKING_BAY_OCCUPANCY}
    refused = unwatched.set_actual(row.address, "ParkingBayOccupancy")
    assert refused.status is Refusal.REJECTED


def test_each_vendor_of_the_configuration_has_a_switch():
    shelf = Shelf()
    rows = rows_for(ONE_EVSE, vendors=["com.example"])
    one = DeviceModel(rows, stored={}, presets={}, save=shelf.save)
    switch = var.custom_implementation_enabled("com.example")
    assert one[switch] is True
    one.set_actual(switch.address, "false")
    assert one[switch] is False
    assert var.custom_implementation_enabled("com.other") not in one


def test_unlocking_at_disconnect_is_read_only_and_false_where_all_cables_are_fixed():
    preset = {var.UNLOCK_ON_EV_SIDE_DISCONNECT.address: "true"}
    fixed = model(evses=[EvseFacts(1, fixed_cable=True)], presets=preset)
    assert fixed[var.UNLOCK_ON_EV_SIDE_DISCONNECT] is False
    assert fixed.set_actual(var.UNLOCK_ON_EV_SIDE_DISCONNECT.address, "true").reason_code == "ReadOnly"
    assert model()[var.UNLOCK_ON_EV_SIDE_DISCONNECT] is True


def test_a_report_can_list_every_row_with_its_text():
    one = model(evses=[EvseFacts(1), EvseFacts(2)])
    rows = list(one)
    assert len(rows) == len({row.address.key for row in rows})
    assert {row.evse_id for row in rows} == {None, 1, 2}
    assert all(isinstance(one.text(row), str) for row in rows)


def test_a_row_that_the_station_does_not_have_is_a_bug_and_says_so():
    with pytest.raises(KeyError):
        model()[var.EVSE_POWER.at(3)]
    with pytest.raises(KeyError):
        model().update(var.EVSE_POWER.at(3), Decimal(1))


def test_what_the_station_decides_is_kept_over_a_restart_and_asks_nobody():
    shelf, told = Shelf(), []
    one = model(shelf)
    one.guard(var.HEARTBEAT_INTERVAL, lambda _: Rejected(Refusal.REJECTED, "ReadOnly"))
    one.on_set(var.HEARTBEAT_INTERVAL, told.append)
    one.keep(var.HEARTBEAT_INTERVAL, 77)
    assert one[var.HEARTBEAT_INTERVAL] == model(shelf)[var.HEARTBEAT_INTERVAL] == 77
    assert told == []
