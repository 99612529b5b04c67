"""Transactions, responses and data sets as JSON: the names of the common language, nothing lost on the way."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.core import powermeter as pm
from station.core.records import RecordKind
from tests.fakes import KEY, NOON, a_record

REQUEST = pm.TransactionReq(
    "DE*ABC*E1",
    "t-1",
    pm.IdentificationStatus.ASSIGNED,
    (pm.IdentificationFlag.RFID_PLAIN, pm.IdentificationFlag.OCPP_AUTH),
    pm.IdentificationType.ISO14443,
    pm.IdentificationLevel.HEARSAY,
    "04A1B2C3",
    "0.49 EUR/kWh",
)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
PHASES = st.builds(pm.Phases, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
DATA_SETS = st.builds(
    pm.Powermeter,
    timestamp=INSTANTS,
    energy_wh_import=PHASES,
    power_w=st.none() | PHASES,
    meter_id=st.none() | st.text(),
)


def test_a_request_has_the_names_and_values_of_the_common_language() -> None:
    assert pm.to_json(REQUEST) == {
        "evse_id": "DE*ABC*E1",
        "transaction_id": "t-1",
        "identification_status": "ASSIGNED",
        "identification_flags": ["RFID_PLAIN", "OCPP_AUTH"],
        "identification_type": "ISO14443",
        "identification_level": "HEARSAY",
        "identification_data": "04A1B2C3",
        "tariff_text": "0.49 EUR/kWh",
    }
    assert pm.from_json(pm.TransactionReq, pm.to_json(REQUEST)) == REQUEST


def test_a_data_set_names_its_units_as_the_common_language_does() -> None:
    live = pm.Powermeter(
        NOON, pm.Phases(1500.0), meter_id="M1", power_w=pm.Phases(3.0, 1.0, 1.0, 1.0), frequency_hz=pm.Phases(50.0)
    )
    assert pm.to_json(live) == {
        "timestamp": "2027-03-01T12:00:00Z",
        "energy_Wh_import": {"total": 1500.0},
        "meter_id": "M1",
        "power_W": {"total": 3.0, "L1": 1.0, "L2": 1.0, "L3": 1.0},
        "frequency_Hz": {"total": 50.0},
    }


@given(DATA_SETS)
def test_data_sets_survive_their_json(live: pm.Powermeter) -> None:
    assert pm.from_json(pm.Powermeter, pm.to_json(live)) == live


def test_responses_carry_the_record_as_others_take_it_and_not_as_this_house_does() -> None:
    record = a_record(RecordKind.TURN_OFF, 9)
    response = pm.TransactionStopResponse(signed_meter_value=pm.signed_value(record), record=record)
    data = pm.to_json(response)
    assert set(data) == {"status", "signed_meter_value"}
    assert data["status"] == "OK"
    assert data["signed_meter_value"] == {
        "signed_meter_data": record.ocmf.decode(),
        "signing_method": "",
        "encoding_method": "OCMF",
        "public_key": KEY.hex(),
        "timestamp": "2027-03-01T12:00:09Z",
    }
    assert pm.from_json(pm.TransactionStopResponse, data).record is None


@pytest.mark.parametrize(
    "kind", [pm.TransactionReq, pm.TransactionStartResponse, pm.TransactionStopResponse, pm.Powermeter]
)
def test_members_of_later_versions_are_passed_over(kind: Any) -> None:
    least: dict[Any, dict[str, Any]] = {
        pm.TransactionReq: {"evse_id": "E1", "transaction_id": "t"},
        pm.Powermeter: {"timestamp": "2027-03-01T12:00:00Z", "energy_Wh_import": {"total": 1}},
    }
    data = least.get(kind, {"status": "OK"})
    assert pm.from_json(kind, data | {"something_new": 1}) == pm.from_json(kind, data)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ([], "TransactionReq: an object"),
        ({"evse_id": "E1"}, "transaction_id"),
        ({"evse_id": 1, "transaction_id": "t"}, "TransactionReq.evse_id: str expected"),
        ({"evse_id": "E1", "transaction_id": "t", "identification_type": "CARD"}, "identification_type: 'CARD'"),
        ({"evse_id": "E1", "transaction_id": "t", "identification_flags": "RFID"}, "identification_flags: a list"),
        ({"evse_id": "E1", "transaction_id": "t", "identification_flags": ["X"]}, "identification_flags[0]: 'X'"),
    ],
)
def test_a_wrong_member_is_named(data: Any, named: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the text is looked at below
        pm.from_json(pm.TransactionReq, data)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("timestamp", "energy"),
    [
        ("yesterday", {"total": 1}),
        ("2027-03-01T12:00:00", {"total": 1}),
        ("2027-03-01T12:00:00Z", {"total": True}),
    ],
)
def test_instants_have_an_offset_and_numbers_are_numbers(timestamp: str, energy: Any) -> None:
    with pytest.raises(ValueError, match="Powermeter"):
        pm.from_json(pm.Powermeter, {"timestamp": timestamp, "energy_Wh_import": energy})


def test_a_data_set_tells_its_age() -> None:
    assert pm.Powermeter(NOON, pm.Phases(1.0)).age_s(NOON + timedelta(seconds=20)) == 20.0


def test_every_member_that_json_names_otherwise_is_one() -> None:
    members = {name for kind in (pm.Powermeter, pm.Phases) for name in get_type_hints(kind)}
    assert set(pm._NAMES) <= members
    assert get_args(get_type_hints(pm.Powermeter)["power_w"])[0] is pm.Phases
