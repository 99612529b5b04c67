"""The parts of a station are given what they depend on: settings, variables, each other."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from ocpp.v201.enums import BootReasonEnumType, MeasurandEnumType, RegistrationStatusEnumType

from station import __version__
from station.app import Station
from station.app.charging import policy as policy_of
from station.app.csms_side import description
from station.app.drivers import rules
from station.clock import SystemClock
from station.core import variables as var
from station.core.authorization import Rules
from station.core.policy import KeyPolicy, TxPoint
from station.meter.keys import oca_public_key
from station.meter.port import MeterIdentity
from station.secret import Secret
from station.settings import load
from station.storage.database import Database
from station.storage.outbox import Outbox
from tests.meter.vectors import DEMO_KEY
from tests.settings.files import MINIMAL, PASSWORD, READER, SECOND_EVSE


@pytest.fixture
def build(tmp_path):
    """Build stations one after the other on the same state; none of them opens a port before it runs."""
    opened = []

    def build(more="", *, base=MINIMAL, reason=BootReasonEnumType.power_up):
        while opened:
            opened.pop().close()
        file = tmp_path / "station.toml"
        file.write_text(base.replace('model = "Bench"', 'model = "Bench"\nstate_dir = "state"') + more)
        settings = load(file)
        opened.append(Database.open(settings.station.state_dir, SystemClock()))
        return Station(settings, opened[0], boot_reason=reason)

    yield build
    while opened:
        opened.pop().close()


def text(station, variable):
    return station._model.text(variable)


def endpoint_of(station):
    return station._csms.connection.network.endpoint()


def queued(station):
    """Return what a station whose ports are open has to tell at its start, and before."""
    station._tell_of_start()
    return [json.loads(row.body) for row in Outbox(station._receipts._database).head(10)]


def test_the_device_model_says_who_the_station_is_and_what_time_it_is(build):
    station = build()
    assert text(station, var.IDENTITY) == "CS001"
    assert text(station, var.SECURITY_PROFILE) == "1"
    assert station._model[var.BASIC_AUTH_PASSWORD] == Secret(PASSWORD)
    now = datetime.now(UTC)
    assert abs(station._model[var.DATE_TIME] - now) < timedelta(seconds=5)
    station._clock.follow(now + timedelta(hours=1))
    assert station._model[var.DATE_TIME] - now >= timedelta(hours=1)


def test_the_device_model_has_the_key_of_each_meter_that_was_met(build):
    station = build(SECOND_EVSE)
    station.evse(2)._meter_side.identity = MeterIdentity("BAUER", "BSM-WS36A", "001", "1.9", "1.3", DEMO_KEY)
    assert text(station, var.FISCAL_PUBLIC_KEY.at(1)) == ""
    assert text(station, var.FISCAL_PUBLIC_KEY.at(2)) == oca_public_key(DEMO_KEY)


def test_each_evse_has_its_hardware_in_the_device_model(build):
    station = build(SECOND_EVSE.replace("max_current_a = 32", "max_current_a = 16\nphases = 1"))
    assert text(station, var.CONNECTOR_TYPE.at(1, 1)) == "sType2"
    assert station._model[var.EVSE_SUPPLY_PHASES.at(2)] == 1
    assert station._model.find(var.EVSE_POWER.at(2).address).type.max_limit == 230 * 16


def test_the_password_of_the_settings_counts_until_the_csms_has_set_another(build):
    station = build()
    endpoint = endpoint_of(station)
    assert (endpoint.url, endpoint.identity) == ("ws://127.0.0.1:9000/ocpp", "CS001")
    assert endpoint.password == Secret(PASSWORD)
    station._model.keep(var.BASIC_AUTH_PASSWORD, Secret("a password from afar"))
    assert endpoint_of(build()).password == Secret("a password from afar")


def test_a_station_that_needs_no_password_sends_none(build):
    without = MINIMAL.replace(f'password = "{PASSWORD}"', "security_profile = 0\nallow_plain_without_password = true")
    assert endpoint_of(build(base=without)).password is None


def test_the_rules_of_a_session_come_from_settings_and_variables(build):
    station = build(
        "[variables]\n"
        '"TxCtrlr.TxStartPoint" = "EVConnected"\n"TxCtrlr.EVConnectionTimeOut" = 7\n'
        '"TxCtrlr.StopTxOnInvalidId" = false\n'
        '"SampledDataCtrlr.TxStartedMeasurands" = ""\n"SampledDataCtrlr.TxUpdatedInterval" = 11\n'
        '"SampledDataCtrlr.TxUpdatedMeasurands" = ["Voltage", "Current.Import"]\n'
        '"SampledDataCtrlr.SignReadings" = false\n"SampledDataCtrlr.SignStartedReadings" = true\n'
        '"OCPPCommCtrlr.PublicKeyWithSignedMeterValue" = "EveryMeterValue"\n'
    )
    policy = policy_of(station._settings.evses[0], station._model)
    assert (policy.evse_id, policy.evse_name) == (1, "DE*ABC*E1")
    assert policy.max_current_amps == 32
    assert policy.start_points == {TxPoint.EV_CONNECTED}
    assert (policy.ev_connection_timeout_s, policy.updated_interval_s) == (7, 11)
    assert policy.started_measurands == ()
    assert set(policy.updated_measurands) == {MeasurandEnumType.voltage, MeasurandEnumType.current_import}
    assert policy.ended_measurands == (MeasurandEnumType.energy_active_import_register,)
    assert (policy.sign_readings, policy.sign_started_readings) == (False, True)
    assert policy.key_policy is KeyPolicy.EVERY
    assert policy.stop_on_invalid_id is False


def test_a_variable_that_the_csms_sets_changes_the_next_step(build):
    station = build()
    station._model.set_actual(var.EV_CONNECTION_TIME_OUT.address, "99")
    assert policy_of(station._settings.evses[0], station._model).ev_connection_timeout_s == 99


def test_each_rule_of_authorization_follows_its_variable(build):
    model = build()._model
    assert rules(model) == Rules()
    for variable, value, changed in (
        (var.AUTH_ENABLED, "false", Rules(enabled=False)),
        (var.LOCAL_PRE_AUTHORIZE, "true", Rules(local_pre_authorize=True)),
        (var.LOCAL_AUTHORIZE_OFFLINE, "false", Rules(local_authorize_offline=False)),
        (var.OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED, "true", Rules(offline_unknown=True)),
        (var.DISABLE_REMOTE_AUTHORIZATION, "true", Rules(remote_authorization=False)),
        (var.AUTH_CACHE_DISABLE_POST_AUTHORIZE, "true", Rules(post_authorize=False)),
        (var.LOCAL_AUTH_LIST_DISABLE_POST_AUTHORIZE, "true", Rules(list_post_authorize=False)),
        (var.MASTER_PASS_GROUP_ID, "M", Rules(master_pass_group="M")),
    ):
        before = model.text(variable)
        model.set_actual(variable.address, value)
        assert rules(model) == changed
        model.set_actual(variable.address, before)


def test_the_station_describes_itself_in_the_boot_notification(build):
    described = description(build()._settings)
    assert (described.vendor_name, described.model, described.serial_number) == ("Example", "Bench", None)
    assert described.firmware_version == __version__


@pytest.mark.ocpp("B01.FR.04", "G02.FR.01")
@pytest.mark.parametrize(("told_s", "interval_s"), [(30, 30), (0, 300)])
def test_the_interval_of_the_csms_is_the_heartbeat_interval_unless_it_is_none(build, told_s, interval_s):
    station = build()
    station._csms.accepted(told_s)
    assert station._model[var.HEARTBEAT_INTERVAL] == interval_s
    assert build()._model[var.HEARTBEAT_INTERVAL] == 300


@pytest.mark.ocpp("B01.FR.06", "G02.FR.06")
def test_the_time_of_the_csms_counts_only_if_it_is_a_source_of_time(build):
    station = build('[variables]\n"ClockCtrlr.TimeSource" = "NTP"\n')
    now = datetime.now(UTC)
    station._clock.follow(now + timedelta(hours=1))
    assert station._clock.now() - now < timedelta(minutes=1)


@pytest.mark.ocpp("B02.FR.03", "B03.FR.01")
@pytest.mark.parametrize("before_accepted", ["false", "true"])
def test_a_station_that_is_refused_is_closed_unless_the_operator_wants_it_otherwise(build, before_accepted):
    station = build(f'[variables]\n"TxCtrlr.TxBeforeAcceptedEnabled" = {before_accepted}\n')
    assert station._csms.closed() is None  # the CSMS has not been heard yet
    station._csms.registration.status = RegistrationStatusEnumType.pending
    assert bool(station._csms.closed()) == (before_accepted == "false")
    station._csms.registration.status = RegistrationStatusEnumType.accepted
    assert station._csms.closed() is None


@pytest.mark.ocpp("A04.FR.01")
@pytest.mark.parametrize(
    ("reason", "event"),
    [
        (BootReasonEnumType.power_up, "StartupOfTheDevice"),
        (BootReasonEnumType.remote_reset, "ResetOrReboot"),
        (BootReasonEnumType.scheduled_reset, "ResetOrReboot"),
    ],
)
def test_each_start_is_a_security_event(build, reason, event):
    [body] = queued(build(reason=reason))
    assert (body["type"], body["info"]) == (event, reason.value)


def test_a_database_that_was_corrupt_is_told_to_the_csms(build, tmp_path):
    build()
    for file in (tmp_path / "state").glob("station.db*"):
        file.write_bytes(b"no database at all" * 1000)
    [body] = queued(build())
    assert "a corrupt database was kept as station.db" in body["info"]


async def test_a_station_whose_port_is_missing_does_not_fill_the_outbox_with_its_starts(build):
    station = build()
    with pytest.raises(ExceptionGroup, match="unhandled errors"):
        await station.run()
    assert Outbox(station._receipts._database).size() == 0


def test_a_reader_serves_the_evses_that_it_is_for(build):
    station = build(READER)
    assert [name for name, *_ in station._components()] == [
        "evse-1",
        "inputs",
        "reader-front",
        "guide-1",
        "plugs-1",
        "socket",
        "queue",
        "aligned-data",
        "uplink",
        "clock",
        "resources",
    ]


def test_what_is_queued_stays_queued_over_a_restart(build):
    queued(build())
    assert len(queued(build())) == 2
