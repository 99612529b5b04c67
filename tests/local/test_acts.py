"""What an operator does at the station is done, written down, or refused with the reason."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from station.core import variables as var
from station.core.events import AvailabilityChanged
from station.core.security_events import SecurityEvent
from station.errors import StorageError
from station.hardware.ports import DriverNotice, LockError, Notice
from station.local.care import NEEDS_CARE
from station.local.views import Done, Refused
from station.storage.receipts import Receipts
from station.storage.variables import Variables
from tests.local.place import Place
from tests.ocpp.yard import ANNA
from tests.settings.files import PASSWORD

HEARTBEAT = "OCPPCommCtrlr.HeartbeatInterval"


def text(outcome: Done | Refused, kind: type) -> str:
    assert isinstance(outcome, kind), outcome
    return outcome.text


# Unlock


async def test_a_plug_is_let_go(place: Place) -> None:
    async with place.open() as yard:
        yard.controllers[1].hardware.locked = True
        assert "let go" in text(await place.acts.unlock(1, who="web"), Done)
        assert not yard.controllers[1].hardware.locked


async def test_a_plug_that_somebody_charges_with_stays_locked(place: Place) -> None:
    async with place.open() as yard:
        await yard.charge()
        assert "somebody charges" in text(await place.acts.unlock(1, who="web"), Refused)
        assert yard.controllers[1].hardware.locked


async def test_a_lock_that_does_not_move_is_told(place: Place) -> None:
    async with place.open() as yard:
        yard.controllers[1].troubles.always("unlock", LockError("the controller says: lock failed"))
        assert "does not move" in text(await place.acts.unlock(1, who="web"), Refused)


async def test_a_fixed_cable_is_not_let_go(tmp_path: Path) -> None:
    place = Place(tmp_path, evses=1, fixed_cable=True)
    async with place.open():
        assert "fixed" in text(await place.acts.unlock(1, who="web"), Refused)


# Stop


async def test_a_stop_ends_what_runs_signed_and_as_local(place: Place) -> None:
    async with place.open() as yard:
        transaction = await yard.charge()
        text(await place.acts.stop(1, who="socket"), Done)
        await yard.until(lambda: yard.evses[1].session.transaction is None)
        receipt = Receipts(place.database).get(transaction)
    assert receipt is not None
    assert (receipt.stopped_reason, len(receipt.records)) == ("Local", 2)


async def test_a_stop_takes_back_a_card_that_waits_for_its_cable(place: Place) -> None:
    async with place.open() as yard:
        await place.present(next(iter(place.judge.accepted)), 1)
        await yard.until(lambda: yard.evses[1].session.authorization)
        text(await place.acts.stop(1, who="socket"), Done)
        await yard.until(lambda: not yard.evses[1].session.authorization)


async def test_there_is_nothing_to_stop_at_a_free_outlet(place: Place) -> None:
    async with place.open():
        assert text(await place.acts.stop(1, who="web"), Refused) == "nothing runs at EVSE 1"


async def test_a_plug_that_is_held_is_told_how_to_let_go(place: Place) -> None:
    evse = place.evses[1]
    evse._session = replace(evse.session, held_for=ANNA)
    assert "unlock lets it go" in text(await place.acts.stop(1, who="web"), Refused)


# Reset


async def test_a_reset_is_asked_for_and_says_whether_somebody_is_waited_for(place: Place) -> None:
    async with place.open() as yard:
        assert text(await place.acts.reset(None, who="web"), Done) == "the station restarts now"
        await yard.charge(2)
        assert "when nobody charges" in text(await place.acts.reset(None, who="web"), Done)
        assert text(await place.acts.reset(1, who="web"), Done) == "EVSE 1 restarts now"
    assert place.resets == [None, None, 1]


@pytest.mark.parametrize("act", ["unlock", "stop", "reset", "test_session"])
async def test_an_evse_that_is_not_there_is_told_with_those_that_are(place: Place, act: str) -> None:
    async with place.open():
        outcome = await getattr(place.acts, act)(7, who="web")
        assert text(outcome, Refused) == "there is no EVSE 7; this station has 1, 2"


# A session for a test


async def test_the_test_card_begins_a_session_and_ends_it(place: Place) -> None:
    async with place.open() as yard:
        await yard.plug()
        text(await place.acts.test_session(1, who="web"), Done)
        await yard.until(lambda: yard.controllers[1].hardware.offered_amps)
        text(await place.acts.test_session(1, who="web"), Done)
        await yard.until(lambda: yard.evses[1].session.transaction is None)


async def test_a_test_card_that_the_csms_refuses_is_told(place: Place) -> None:
    place.judge.accepted.clear()
    async with place.open() as yard:
        await yard.plug()
        assert "refused: the token is Blocked" in text(await place.acts.test_session(1, who="web"), Refused)


async def test_a_refusal_of_before_is_not_taken_for_that_of_the_test_card(place: Place) -> None:
    async with place.open() as yard:
        await yard.plug()
        place.display.show(DriverNotice(Notice.REFUSED, text="the token is not known here"))
        await asyncio.sleep(1)
        text(await place.acts.test_session(1, who="web"), Done)


async def test_without_a_test_card_in_the_settings_there_is_no_session_for_a_test(tmp_path: Path) -> None:
    place = Place(tmp_path, more="")
    async with place.open() as yard:
        await yard.plug()
        assert "web.test_card" in text(await place.acts.test_session(1, who="web"), Refused)
        await asyncio.sleep(30)
        assert yard.evses[1].session.transaction is None


# Variables


async def test_a_variable_is_set_and_saved_as_by_the_csms(place: Place) -> None:
    reacted: list[int] = []
    place.model.on_set(var.HEARTBEAT_INTERVAL, reacted.append)
    assert text(await place.acts.set_variable(HEARTBEAT.lower(), "77", who="web"), Done) == f"{HEARTBEAT} is set"
    assert place.model[var.HEARTBEAT_INTERVAL] == 77
    assert reacted == [77]
    assert Variables(place.database).all()[var.HEARTBEAT_INTERVAL.key] == "77"
    assert place.security == []


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("Heartbeat", "1", "Component.Variable"),
        ("Nothing.Interval", "1", "no component Nothing; station model list"),
        ("EVSE#3.Power", "1", "no component EVSE#3"),
        ("OCPPCommCtrlr.Nothing", "1", "no variable OCPPCommCtrlr.Nothing; station model list OCPPCommCtrlr"),
        ("SecurityCtrlr.Identity", "CS2", "read-only"),
        (HEARTBEAT, "soon", "'soon' is no integer"),
        (HEARTBEAT, "0", "less than 1"),
        ("OCPPCommCtrlr.NetworkConfigurationPriority", "9", "does not take that"),
    ],
)
async def test_what_cannot_be_set_is_told_with_the_reason(place: Place, name: str, value: str, why: str) -> None:
    outcome = await place.acts.set_variable(name, value, who="web", confirmed=True)
    assert why in text(outcome, Refused)
    assert not Variables(place.database).all()


@pytest.mark.parametrize("key", NEEDS_CARE, ids=lambda key: f"{key.component}.{key.variable}")
async def test_a_delicate_variable_is_not_set_by_accident(place: Place, key: object) -> None:
    row = place.model.find(key)  # type: ignore[arg-type]
    before, value = place.model.text(row), {"boolean": "false"}.get(row.type.data_type, "")  # type: ignore
    value = value or {"BasicAuthPassword": PASSWORD, "MaxEnergyOnInvalidId": "5"}.get(row.name, "") or before or "X"
    outcome = await place.acts.set_variable(str(row), value, who="web")
    assert isinstance(outcome, Refused)
    assert outcome.needs_confirmation
    assert place.model.text(row) == before
    assert place.security == []
    text(await place.acts.set_variable(str(row), value, who="web", confirmed=True), Done)
    assert place.model.text(row) == value


async def test_a_matter_of_security_is_told_to_the_csms_without_its_value(place: Place) -> None:
    with structlog.testing.capture_logs() as lines:
        done = await place.acts.set_variable(
            "SecurityCtrlr.BasicAuthPassword", PASSWORD, who="socket", confirmed=True
        )
    text(done, Done)
    [(event, told)] = place.security
    assert event is SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS
    assert told == "SecurityCtrlr.BasicAuthPassword was set at the station (socket)"
    assert PASSWORD not in str(lines)


async def test_a_secret_that_is_refused_stands_in_no_log(place: Place) -> None:
    too_long = "04A1B2C3" * 5
    with structlog.testing.capture_logs() as lines:
        outcome = await place.acts.set_variable("AuthCtrlr.MasterPassGroupId", too_long, who="web", confirmed=True)
    text(outcome, Refused)
    assert lines
    assert too_long not in str(lines)


async def test_a_disk_that_does_not_take_a_value_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_address: object, _text: str) -> None:
        raise StorageError("disk full")

    monkeypatch.setattr(place.model, "_save", fail)
    assert "disk full" in text(await place.acts.set_variable(HEARTBEAT, "77", who="web"), Refused)
    assert place.model[var.HEARTBEAT_INTERVAL] == 300


async def test_each_act_is_written_down_with_who_did_it(place: Place) -> None:
    with structlog.testing.capture_logs() as lines:
        async with place.open() as yard:
            await yard.charge()
            yard.evses[2].post(AvailabilityChanged(operative=False))
            await place.acts.stop(1, who="web")
            await place.acts.stop(2, who="socket")
            await place.acts.set_variable(HEARTBEAT, "77", who="socket")
    acts = [line for line in lines if line["event"].startswith("local_action")]
    assert [(line["event"], line["action"], line["who"]) for line in acts] == [
        ("local_action", "stop", "web"),
        ("local_action_refused", "stop", "socket"),
        ("local_action", "set_variable", "socket"),
    ]
    assert acts[2]["value"] == "77"
