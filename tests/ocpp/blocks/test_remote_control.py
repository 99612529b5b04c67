"""The CSMS starts and stops: the answer goes first, then what it asked for."""

import asyncio

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType, ReasonEnumType, TriggerReasonEnumType

from station.core.authorization import Rules, bar
from station.core.events import Authorized, AvailabilityChanged, Blocked, FaultRaised, StopCause, StopRequested
from station.core.faults import Fault
from station.core.policy import TxPoint
from station.core.tokens import IdToken, Source, TokenInfo
from station.ocpp.blocks.remote_control import RemoteControl
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from tests.fakes import reports_in
from tests.ocpp.csms import talking
from tests.ocpp.yard import ANNA, BERT, Yard

APP = {"idToken": "app-1", "type": "Central"}
CARD = {"idToken": BERT.value, "type": BERT.type}
FLEET = IdToken("fleet", "Central")


class Counter:
    """A yard with its remote control; `admitted` is what authorization was asked, `answer` what it says."""

    def __init__(self, yard):
        self.yard = yard
        self.accepted = self.must_authorize = True
        self.answer = TokenInfo(AuthorizationStatusEnumType.accepted, group=FLEET)
        self.admitted = []
        self.rules = Rules()
        self.tasks = set()
        self.session = RpcSession(
            Router(
                RemoteControl(
                    yard.evses,
                    admit=self._admit,
                    barred=lambda info, evse_id: bar(info, self.rules, evse_id=evse_id),
                    must_authorize=lambda: self.must_authorize,
                    accepted=lambda: self.accepted,
                    spawn=lambda name, work: self.tasks.add(asyncio.create_task(work, name=name)),
                )
            ),
            timeout_s=lambda: 30.0,
        )

    async def _admit(self, token, evse_id):
        self.admitted.append((token, evse_id))
        await asyncio.sleep(1)
        return self.answer

    async def start(self, csms, **payload):
        request = {"idToken": CARD, "remoteStartId": 7} | payload
        kind, _, answer = await csms.call("RequestStartTransaction", **request)
        assert kind == 3
        return answer

    def authorization(self, evse_id=1):
        return self.yard.evses[evse_id].session.authorization


@pytest.fixture
async def counter(tmp_path):
    yard = Yard(tmp_path, evses=2)
    async with yard.open():
        counter = Counter(yard)
        yield counter
        await asyncio.gather(*counter.tasks)


def code_of(answer):
    assert answer["status"] == "Rejected"
    return answer["statusInfo"]["reasonCode"]


@pytest.mark.ocpp("F01.FR.01", "F01.FR.19", "F01.FR.25", "F02.FR.01", "F02.FR.21")
async def test_a_remote_start_is_answered_and_then_authorized_and_begun(counter):
    await counter.yard.plug(1)
    async with talking(counter.session) as csms:
        assert await counter.start(csms, evseId=1) == {"status": "Accepted"}
        assert counter.authorization() is None
        await counter.yard.until(counter.authorization)
    assert counter.admitted == [(BERT, 1)]
    assert counter.authorization() == Authorized(BERT, group=FLEET, remote_start_id=7, source=Source.CSMS)
    await counter.yard.until(lambda: reports_in(counter.yard.database))
    started = reports_in(counter.yard.database)[0]
    assert started.trigger is TriggerReasonEnumType.remote_start
    assert (started.remote_start_id, started.id_token) == (7, BERT)


@pytest.mark.ocpp("F01.FR.02", "F02.FR.10")
async def test_nobody_is_asked_if_the_operator_does_not_want_it(counter):
    counter.must_authorize = False
    async with talking(counter.session) as csms:
        await counter.start(csms, evseId=1)
        await counter.yard.until(counter.authorization)
    assert counter.admitted == []


@pytest.mark.ocpp("C16.FR.03")
async def test_a_master_pass_starts_nothing_from_afar_though_nobody_is_asked_about_it(counter):
    counter.must_authorize, counter.rules = False, Rules(master_pass_group="masters")
    async with talking(counter.session) as csms:
        await counter.start(csms, evseId=1, groupIdToken={"idToken": "MASTERS", "type": "Central"})
        await asyncio.sleep(5)
    assert counter.authorization() is None


@pytest.mark.ocpp("C03.FR.01", "C05.FR.01")
async def test_a_token_that_the_csms_made_up_is_not_asked_about(counter):
    async with talking(counter.session) as csms:
        await counter.start(csms, evseId=1, idToken=APP)
        await counter.yard.until(counter.authorization)
    assert counter.admitted == []
    assert counter.authorization().token == IdToken("app-1", "Central")


@pytest.mark.ocpp("F01.FR.01", "F02.FR.09")
async def test_who_is_not_admitted_does_not_begin_though_the_request_was_accepted(counter):
    counter.answer = None
    async with talking(counter.session) as csms:
        assert await counter.start(csms, evseId=1) == {"status": "Accepted"}
        await asyncio.sleep(2)
    assert counter.admitted
    assert counter.authorization() is None


@pytest.mark.ocpp("B02.FR.05")
async def test_before_the_station_is_accepted_nothing_is_started_or_stopped(counter):
    transaction_id = await counter.yard.charge(1)
    counter.accepted = False
    async with talking(counter.session) as csms:
        assert code_of(await counter.start(csms, evseId=2)) == "CSNotAccepted"
        stop = await csms.call("RequestStopTransaction", transactionId=transaction_id)
        assert code_of(stop[2]) == "CSNotAccepted"
        await asyncio.sleep(1)
    assert counter.yard.charging(1)


@pytest.mark.ocpp("F01.FR.23", "F01.FR.24", "F02.FR.25", "F02.FR.26")
async def test_an_evse_that_cannot_begin_is_refused_with_a_reason(counter):
    async with talking(counter.session) as csms:
        assert code_of(await counter.start(csms, evseId=3)) == "UnknownEvse"
        await counter.yard.charge(1)
        assert code_of(await counter.start(csms, evseId=1)) == "TxInProgress"
        counter.yard.evses[2].post(FaultRaised(Fault.CONTACTOR))
        await asyncio.sleep(0.1)
        assert code_of(await counter.start(csms, evseId=2)) == "Unspecified"
        answer = await counter.start(csms)
        assert answer["statusInfo"]["additionalInfo"] == "no EVSE is free"


async def test_a_station_that_waits_to_restart_starts_nothing(counter):
    counter.yard.evses[1].post(Blocked(on=True))
    await asyncio.sleep(0.1)
    async with talking(counter.session) as csms:
        answer = await counter.start(csms, evseId=1)
    assert answer["statusInfo"]["additionalInfo"] == "EVSE 1: the station waits to restart"


@pytest.mark.ocpp("F01.FR.07", "F01.FR.20", "F02.FR.15", "F02.FR.22")
async def test_without_an_evse_the_only_one_that_can_be_meant_is_chosen(counter):
    async with talking(counter.session) as csms:
        assert code_of(await counter.start(csms)) == "MissingParam"
        await counter.yard.plug(2)
        assert await counter.start(csms) == {"status": "Accepted"}
        await counter.yard.until(lambda: counter.authorization(2))
        assert await counter.start(csms, idToken=APP) == {"status": "Accepted"}
        await counter.yard.until(lambda: counter.authorization(1))


@pytest.mark.ocpp("F01.FR.20")
async def test_without_an_evse_a_vehicle_that_charged_for_somebody_else_is_not_meant(counter):
    await counter.yard.charge(1, token=ANNA)
    counter.yard.evses[1].post(StopRequested(StopCause.CARD))
    await counter.yard.until(lambda: counter.yard.evses[1].session.transaction is None)
    async with talking(counter.session) as csms:
        assert (await counter.start(csms))["status"] == "Accepted"
        await counter.yard.until(lambda: counter.authorization(2))
        assert counter.authorization(1) is None
        assert code_of(await counter.start(csms)) == "MissingParam"


@pytest.mark.ocpp("F01.FR.24", "F02.FR.26")
async def test_while_a_start_is_being_authorized_a_second_one_is_rejected(counter):
    await counter.yard.plug(2)
    async with talking(counter.session) as csms:
        assert await counter.start(csms, evseId=1) == {"status": "Accepted"}
        assert code_of(await counter.start(csms, evseId=1, remoteStartId=8)) == "TxInProgress"
        assert await counter.start(csms, remoteStartId=9) == {"status": "Accepted"}  # the other EVSE is meant
        await counter.yard.until(lambda: counter.authorization(1) and counter.authorization(2))
        assert (counter.authorization(1).remote_start_id, counter.authorization(2).remote_start_id) == (7, 9)
        assert code_of(await counter.start(csms, evseId=1)) == "TxInProgress"


async def test_a_start_that_was_refused_leaves_the_evse_to_the_next_one(counter):
    counter.answer = None
    async with talking(counter.session) as csms:
        await counter.start(csms, evseId=1)
        await asyncio.gather(*counter.tasks)
        counter.answer = TokenInfo(AuthorizationStatusEnumType.accepted)
        assert await counter.start(csms, evseId=1, remoteStartId=8) == {"status": "Accepted"}
        await counter.yard.until(counter.authorization)
    assert counter.authorization().remote_start_id == 8


async def test_a_start_whose_evse_closes_meanwhile_comes_to_nothing(counter):
    async with talking(counter.session) as csms:
        await counter.start(csms, evseId=1)
        counter.yard.evses[1].post(Blocked(on=True))
        await asyncio.gather(*counter.tasks)
    assert counter.admitted
    assert counter.authorization() is None


@pytest.mark.ocpp("F01.FR.23", "F02.FR.25")
async def test_an_evse_that_is_out_of_service_is_not_started(counter):
    counter.yard.evses[1].post(AvailabilityChanged(operative=False))
    await asyncio.sleep(0.1)
    async with talking(counter.session) as csms:
        answer = await counter.start(csms, evseId=1)
        assert code_of(answer) == "Unspecified"
        assert answer["statusInfo"]["additionalInfo"] == "EVSE 1: out of service"
        assert await counter.start(csms) == {"status": "Accepted"}
        await counter.yard.until(lambda: counter.authorization(2))


@pytest.mark.ocpp("F01.FR.02", "F02.FR.10")
async def test_the_group_that_the_csms_names_counts_unless_somebody_knows_better(counter):
    async with talking(counter.session) as csms:
        await counter.start(csms, evseId=1, groupIdToken=APP)
        await counter.yard.until(counter.authorization)
        counter.must_authorize = False
        await counter.start(csms, evseId=2, groupIdToken=APP)
        await counter.yard.until(lambda: counter.authorization(2))
    assert (counter.authorization(1).group, counter.authorization(2).group) == (FLEET, IdToken("app-1", "Central"))
    assert counter.authorization(2).source is Source.NOBODY


async def test_an_empty_token_is_one_only_where_nobody_is_asked_who_he_is(counter):
    async with talking(counter.session) as csms:
        assert code_of(await counter.start(csms, evseId=1, idToken={"idToken": "", "type": "ISO14443"})) == (
            "InvalidIdToken"
        )
        nobody = {"idToken": "", "type": "NoAuthorization"}
        assert await counter.start(csms, evseId=1, idToken=nobody) == {"status": "Accepted"}
        await counter.yard.until(counter.authorization)
    assert counter.admitted == []


@pytest.mark.ocpp("F01.FR.13")
async def test_a_transaction_that_began_with_the_cable_is_named(tmp_path):
    yard = Yard(tmp_path, start_points=frozenset({TxPoint.EV_CONNECTED}))
    async with yard.open():
        counter = Counter(yard)
        await yard.plug()
        transaction_id = yard.evses[1].session.transaction.id
        async with talking(counter.session) as csms:
            assert await counter.start(csms, evseId=1) == {"status": "Accepted", "transactionId": transaction_id}
        await asyncio.gather(*counter.tasks)


@pytest.mark.ocpp("F01.FR.12", "F02.FR.20")
async def test_a_charging_profile_is_ignored(counter):
    schedule = {
        "id": 1,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}],
    }
    profile = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    }
    async with talking(counter.session) as csms:
        assert await counter.start(csms, evseId=1, chargingProfile=profile) == {"status": "Accepted"}


@pytest.mark.ocpp("F03.FR.03", "F03.FR.07")
async def test_a_remote_stop_ends_the_transaction_that_it_names(counter):
    await counter.yard.charge(1, token=ANNA)
    transaction_id = await counter.yard.charge(2, token=BERT)
    async with talking(counter.session) as csms:
        assert (await csms.call("RequestStopTransaction", transactionId=transaction_id))[2] == {"status": "Accepted"}
        await counter.yard.until(lambda: counter.yard.evses[2].session.transaction is None)
    assert counter.yard.charging(1)
    ended = reports_in(counter.yard.database)[-1]
    assert (ended.transaction_id, ended.event) == (transaction_id, "Ended")
    assert (ended.trigger, ended.stopped_reason) == (TriggerReasonEnumType.remote_stop, ReasonEnumType.remote)


@pytest.mark.ocpp("F03.FR.07")
async def test_a_remote_stop_of_what_ends_already_is_accepted_and_changes_nothing(counter):
    transaction_id = await counter.yard.charge(1)
    counter.yard.evses[1].post(StopRequested(StopCause.CARD, token=ANNA))
    await counter.yard.until(lambda: not counter.yard.charging(1))
    async with talking(counter.session) as csms:
        assert (await csms.call("RequestStopTransaction", transactionId=transaction_id))[2] == {"status": "Accepted"}
        await counter.yard.until(lambda: counter.yard.evses[1].session.transaction is None)
        answer = (await csms.call("RequestStopTransaction", transactionId=transaction_id))[2]
        assert code_of(answer) == "TxNotFound"
    assert reports_in(counter.yard.database)[-1].stopped_reason is ReasonEnumType.local


@pytest.mark.ocpp("F03.FR.08")
async def test_a_remote_stop_of_what_does_not_run_is_rejected(counter):
    await counter.yard.charge(1)
    async with talking(counter.session) as csms:
        assert code_of((await csms.call("RequestStopTransaction", transactionId="other"))[2]) == "TxNotFound"
        await asyncio.sleep(1)
    assert counter.yard.charging(1)
