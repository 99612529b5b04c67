"""A customer learns what the station knows, and it is forgotten but for the evidence."""

import asyncio
import json
from datetime import timedelta

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType

from station.core.documents import to_document
from station.core.tokens import IdToken, TokenInfo
from station.ocpp import validation
from station.ocpp.blocks.customer_information import MOST_STAYS, PAGE_LENGTH, CustomerInformation
from station.ocpp.router import Router
from station.ocpp.schemas import Kind
from station.ocpp.session import RpcSession
from station.storage.customers import Customers
from station.storage.database import Database, text_of
from station.storage.local_list import LocalList
from station.storage.tokens import Tokens
from tests.fakes_clock import START, FakeClock
from tests.ocpp.csms import SILENCE, Refusal, talking

ANNA = IdToken("04A1B2C3", "ISO14443")
BERT = IdToken("04D4E5F6", "ISO14443")
NOTIFY = "NotifyCustomerInformation"
CERTIFICATE = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "c"}
CACHED = "Authorization cache: Accepted, as of 2026-12-01T12:00:00.000Z."
CLEARED = "Cleared: all that was in the authorization cache."
KEPT = (
    "Signed records of 1 session are kept, as the law on measuring demands; they are deleted when their time is over."
)


class Office:
    """The block on a real database."""

    def __init__(self, database):
        self.database, self.tokens, self.tasks = database, Tokens(database), set()
        self.accepted = True
        router = Router()
        self.session = RpcSession(router, timeout_s=lambda: 30.0)
        router.add(
            CustomerInformation(
                self.session,
                cache=self.tokens,
                customers=Customers(database),
                now=lambda: START,
                spawn=lambda name, work: self.tasks.add(asyncio.create_task(work, name=name)),
                accepted=lambda: self.accepted,
            )
        )

    def caches(self, token, **info):
        document = to_document(TokenInfo(AuthorizationStatusEnumType.accepted, **info))
        self.tokens.put(token, json.dumps(document), updated_at=START)

    def charged(self, token, *, times=1, running=False):
        for number in range(times):
            self.database.execute(
                "INSERT INTO transactions (id, evse_id, id_token, id_token_type, started_at, ended_at)"
                " VALUES (?, 1, ?, ?, ?, ?)",
                (f"t{number}", token.value, token.type, text_of(START), None if running else text_of(START)),
            )

    def stays(self, token):
        return len(Customers(self.database).stays(token))

    async def ask(self, csms, *, report=False, clear=False, request=1, **who):
        who = who or {"idToken": {"idToken": ANNA.value, "type": ANNA.type}}
        payload = {"requestId": request, "report": report, "clear": clear, **who}
        kind, _, answer = await csms.call("CustomerInformation", **payload)
        assert kind == 3
        return answer

    async def told(self, csms, **asked):
        """Return the text that comes after a request, put together from all its pages."""
        heard = len(csms.of(NOTIFY))
        assert await self.ask(csms, **asked) == {"status": "Accepted"}
        text = ""
        while True:
            page = await csms.hear(NOTIFY, heard + 1)
            assert validation.check(NOTIFY, Kind.REQUEST, page) is None
            assert page["requestId"] == asked.get("request", 1)
            text, heard = text + page["data"], heard + 1
            if not page.get("tbc", False):
                return text


@pytest.fixture
def office(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Office(database)


@pytest.mark.ocpp("N09.FR.02", "N09.FR.05")
async def test_what_is_known_is_told_and_stays(office):
    office.caches(ANNA, group=IdToken("fleet", "Central"), evse_ids=(1, 2), expires=START + timedelta(days=1))
    office.caches(BERT)
    office.charged(ANNA)
    async with talking(office.session) as csms:
        assert await office.told(csms, report=True) == (
            "Authorization cache: Accepted, as of 2026-12-01T12:00:00.000Z, until 2026-12-02T12:00:00.000Z,"
            " group fleet, EVSE 1, 2.\n"
            "Session t0 at EVSE 1 from 2026-12-01T12:00:00.000Z to 2026-12-01T12:00:00.000Z."
        )
    assert office.tokens.get(ANNA) is not None
    assert office.stays(ANNA) == 1


async def test_the_languages_that_a_customer_reads_are_told_too(office):
    office.caches(ANNA, language1="de", language2="en-GB")
    office.caches(BERT, language1="fr")
    async with talking(office.session) as csms:
        assert (await office.told(csms, report=True)).endswith("000Z, languages de en-GB.")
        bert = {"idToken": {"idToken": BERT.value, "type": BERT.type}}
        assert (await office.told(csms, report=True, request=2, **bert)).endswith("000Z, languages fr.")


@pytest.mark.ocpp("N10.FR.06", "D01.FR.09")
async def test_a_clear_never_touches_the_local_list(office):
    office.caches(ANNA)
    local_list = LocalList(office.database, most_entries=9, most_bytes=999)
    local_list.replace([(ANNA, '{"status":"Accepted"}')], version=3)
    async with talking(office.session) as csms:
        await office.told(csms, clear=True)
    assert office.tokens.get(ANNA) is None
    assert (local_list.get(ANNA), local_list.version) == ('{"status":"Accepted"}', 3)


async def test_a_session_that_runs_is_told_as_that(office):
    office.charged(ANNA, running=True)
    async with talking(office.session) as csms:
        assert (await office.told(csms, report=True)).endswith("12:00:00.000Z and still running.")


@pytest.mark.ocpp("N09.FR.06", "N10.FR.04")
@pytest.mark.parametrize("clear", [False, True])
@pytest.mark.parametrize(
    "who",
    [
        {"idToken": {"idToken": BERT.value, "type": "ISO14443"}},
        {"idToken": {"idToken": ANNA.value, "type": "KeyCode"}},
        {"customerIdentifier": ANNA.value},
        {"customerCertificate": CERTIFICATE},
    ],
)
async def test_that_nothing_is_known_is_told_in_one_message(office, who, clear):
    office.caches(ANNA)
    office.charged(ANNA)
    async with talking(office.session) as csms:
        assert await office.told(csms, report=True, clear=clear, **who) == "No data found."
        assert len(csms.of(NOTIFY)) == 1
    assert office.tokens.get(ANNA) is not None


@pytest.mark.ocpp("N10.FR.01", "N10.FR.03")
async def test_what_is_cleared_is_told_and_the_evidence_stays(office):
    office.caches(ANNA)
    office.caches(BERT)
    office.charged(ANNA)
    session = "Session t0 at EVSE 1 from 2026-12-01T12:00:00.000Z to 2026-12-01T12:00:00.000Z."
    async with talking(office.session) as csms:
        text = await office.told(csms, report=True, clear=True)
        assert text.split("\n") == [CACHED, session, CLEARED, KEPT]
        assert office.tokens.get(ANNA) is None
        assert office.tokens.get(BERT) is not None
        assert await office.told(csms, report=True) == session
    assert office.stays(ANNA) == 1


@pytest.mark.ocpp("N10.FR.06")
@pytest.mark.parametrize("known", [True, False])
async def test_a_clear_without_a_report_tells_only_that_it_was_done(office, known):
    if known:
        office.caches(ANNA)
    async with talking(office.session) as csms:
        assert await office.told(csms, clear=True) == CLEARED
        assert len(csms.of(NOTIFY)) == 1
    assert office.tokens.get(ANNA) is None


@pytest.mark.ocpp("N10.FR.06")
async def test_a_clear_without_a_report_says_what_is_kept(office):
    office.caches(ANNA)
    office.charged(ANNA)
    async with talking(office.session) as csms:
        assert await office.told(csms, clear=True) == f"{CLEARED}\n{KEPT}"


@pytest.mark.ocpp("N09.FR.07", "N10.FR.07")
async def test_a_request_for_nothing_is_rejected(office):
    async with talking(office.session) as csms:
        assert (await office.ask(csms))["status"] == "Rejected"
        assert csms.actions == []


@pytest.mark.ocpp("N09.FR.09")
@pytest.mark.parametrize(
    "who",
    [
        {"customData": {"vendorId": "x"}},
        {"idToken": {"idToken": "1", "type": "Local"}, "customerIdentifier": "1"},
        {"customerCertificate": CERTIFICATE, "customerIdentifier": "1"},
    ],
)
async def test_a_request_about_nobody_or_about_two_is_invalid_and_clears_nothing(office, who):
    office.caches(ANNA)
    async with talking(office.session) as csms:
        assert (await office.ask(csms, report=True, clear=True, **who))["status"] == "Invalid"
        assert csms.actions == []
    assert office.tokens.get(ANNA) is not None


@pytest.mark.ocpp("N09.FR.05")
async def test_a_long_story_comes_in_pages_that_make_it_up_again(office):
    office.caches(ANNA)
    office.charged(ANNA, times=MOST_STAYS + 3)
    async with talking(office.session) as csms:
        lines = (await office.told(csms, report=True)).split("\n")
        pages = csms.of(NOTIFY)
    assert len(lines) == 1 + MOST_STAYS + 1
    assert lines[1].startswith(f"Session t{MOST_STAYS + 2} ")
    assert lines[-1] == "3 sessions before these."
    assert [page["seqNo"] for page in pages] == list(range(len(pages)))
    assert {len(page["data"]) for page in pages[:-1]} == {PAGE_LENGTH}
    assert all(page["tbc"] for page in pages[:-1])


@pytest.mark.ocpp("N09.FR.03", "N10.FR.05")
async def test_the_same_request_is_rejected_while_its_report_is_being_sent_and_not_after(office):
    office.charged(ANNA, times=20)
    async with talking(office.session) as csms:
        csms.answer(NOTIFY, SILENCE, {})
        assert await office.ask(csms, report=True, request=7) == {"status": "Accepted"}
        await csms.hear(NOTIFY)
        refused = await office.ask(csms, report=True, request=7)
        assert (refused["status"], refused["statusInfo"]["reasonCode"]) == ("Rejected", "DuplicateRequestId")
        assert await office.ask(csms, report=True, request=8) == {"status": "Accepted"}
        await asyncio.sleep(60)
        assert await office.ask(csms, report=True, request=7) == {"status": "Accepted"}


async def test_the_same_number_may_come_again_as_soon_as_the_last_page_is_there(office):
    async with talking(office.session) as csms:
        csms.answer(NOTIFY, SILENCE)
        for _ in range(2):
            assert await office.ask(csms, report=True) == {"status": "Accepted"}
            await csms.hear(NOTIFY)


@pytest.mark.parametrize("answer", [SILENCE, Refusal()])
async def test_a_csms_that_does_not_take_the_pages_gets_no_more_of_them_and_may_ask_again(office, answer):
    office.charged(ANNA, times=20)
    async with talking(office.session) as csms:
        csms.answer(NOTIFY, answer)
        assert await office.ask(csms, report=True) == {"status": "Accepted"}
        await asyncio.sleep(120)
        assert len(csms.of(NOTIFY)) == 1
        assert await office.ask(csms, report=True) == {"status": "Accepted"}
    assert all(task.exception() is None for task in office.tasks if task.done())


@pytest.mark.ocpp("N09.FR.03", "N10.FR.05", "B02.FR.02")
async def test_before_the_station_is_accepted_nothing_is_told_and_nothing_is_cleared(office):
    office.caches(ANNA)
    office.accepted = False
    async with talking(office.session) as csms:
        answer = await office.ask(csms, report=True, clear=True)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "CSNotAccepted")
        assert office.tokens.get(ANNA) is not None
        office.accepted = True
        assert await office.told(csms, report=True) == CACHED
