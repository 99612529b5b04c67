"""The CSMS and the station have the same list, or know that they have not."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ocpp.v201.enums import AuthorizationStatusEnumType
from structlog.testing import capture_logs

from station.core.tokens import IdToken, Source, info_of_text
from station.ocpp import codec
from station.ocpp.blocks.local_list import LocalAuthorizationList
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.storage.database import Database
from station.storage.local_list import LocalList
from tests.fakes_clock import FakeClock
from tests.ocpp.csms import talking

Status = AuthorizationStatusEnumType
ANNA = IdToken("04A1B2C3", "ISO14443")
BERT = IdToken("04D4E5F6", "ISO14443")
CODE = IdToken("1234", "KeyCode")
ACCEPTED = {"status": "Accepted"}
BLOCKED = {"status": "Blocked"}
MOST_ENTRIES, MOST_ITEMS, MOST_BYTES = 4, 3, 2000


class Clubhouse:
    """The block with a list on a real database."""

    def __init__(self, database):
        self.database, self.enabled = database, True
        self.list = LocalList(database, most_entries=MOST_ENTRIES, most_bytes=10_000)
        self.block = LocalAuthorizationList(
            self.list, enabled=lambda: self.enabled, most_items=MOST_ITEMS, most_bytes=MOST_BYTES
        )
        self.session = RpcSession(Router(self.block), timeout_s=lambda: 30.0)

    def status_of(self, token):
        text = self.list.get(token)
        return text and info_of_text(text, Source.LOCAL_LIST).status.value

    async def ask(self, action, **payload):
        async with talking(self.session) as csms:
            kind, _, answer = await csms.call(action, **payload)
        assert kind == 3
        return answer

    async def send(self, update, version, *entries):
        return await self.ask("SendLocalList", **message(update, version, entries))

    async def version(self):
        return (await self.ask("GetLocalListVersion"))["versionNumber"]


def message(update, version, entries):
    """Return a payload; an entry is a token and what is said about it, or nothing."""
    items = [
        {"idToken": {"idToken": token.value, "type": token.type}, **({"idTokenInfo": info} if info else {})}
        for token, info in entries
    ]
    return {
        "updateType": update,
        "versionNumber": version,
        **({"localAuthorizationList": items} if items else {}),
    }


def refused(answer):
    return answer["status"], answer["statusInfo"]["reasonCode"]


@pytest.fixture
def house(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        yield Clubhouse(database)


# What is taken


@pytest.mark.ocpp("D01.FR.01", "D01.FR.02", "D01.FR.15", "D02.FR.01")
async def test_a_full_list_is_taken_with_its_version_whichever_it_is(house):
    assert await house.send("Full", 5, (ANNA, ACCEPTED), (BERT, BLOCKED)) == {"status": "Accepted"}
    assert (house.status_of(ANNA), house.status_of(BERT), await house.version()) == ("Accepted", "Blocked", 5)
    assert await house.send("Full", 2, (BERT, ACCEPTED)) == {"status": "Accepted"}
    assert (house.status_of(ANNA), house.status_of(BERT), await house.version()) == (None, "Accepted", 2)


@pytest.mark.ocpp("D01.FR.04", "D02.FR.01")
async def test_a_full_list_of_nobody_clears_and_has_a_version_all_the_same(house):
    await house.send("Full", 1, (ANNA, ACCEPTED))
    assert await house.send("Full", 2) == {"status": "Accepted"}
    assert (house.list.count(), await house.version()) == (0, 2)


@pytest.mark.ocpp("D01.FR.16", "D01.FR.17")
async def test_an_update_adds_changes_and_removes(house):
    await house.send("Full", 1, (ANNA, ACCEPTED), (BERT, ACCEPTED))
    assert await house.send("Differential", 2, (ANNA, None), (BERT, BLOCKED), (CODE, ACCEPTED)) == {
        "status": "Accepted"
    }
    assert [house.status_of(token) for token in (ANNA, BERT, CODE)] == [None, "Blocked", "Accepted"]
    assert await house.version() == 2


@pytest.mark.ocpp("D01.FR.05")
async def test_an_update_of_nothing_changes_the_version_alone(house):
    await house.send("Full", 1, (ANNA, ACCEPTED))
    assert await house.send("Differential", 8) == {"status": "Accepted"}
    assert (house.status_of(ANNA), house.list.count(), await house.version()) == ("Accepted", 1, 8)


@pytest.mark.ocpp("D01.FR.16")
async def test_an_update_may_be_the_first_list(house):
    assert await house.send("Differential", 1, (ANNA, ACCEPTED)) == {"status": "Accepted"}
    assert (house.status_of(ANNA), await house.version()) == ("Accepted", 1)


async def test_all_that_is_said_about_a_token_is_kept(house):
    await house.send(
        "Full",
        1,
        (
            ANNA,
            {
                "status": "Accepted",
                "cacheExpiryDateTime": "2027-01-01T00:00:00Z",
                "groupIdToken": {"idToken": "fleet", "type": "Central"},
                "evseId": [1],
                "language1": "de",
                "language2": "en",
                "chargingPriority": 2,
                "personalMessage": {"format": "UTF8", "content": "Guten Tag"},
            },
        ),
    )
    info = info_of_text(house.list.get(ANNA), Source.LOCAL_LIST)
    assert (info.group, info.evse_ids, info.language1, info.language2) == (
        IdToken("fleet", "Central"),
        (1,),
        "de",
        "en",
    )
    assert (info.charging_priority, info.personal_message.content, info.expires.year) == (2, "Guten Tag", 2027)


# What is not


@pytest.mark.ocpp("D01.FR.19", "D01.FR.02")
@pytest.mark.parametrize("version", [5, 4, 0, -1])
async def test_an_update_that_is_not_newer_does_not_match(house, version):
    await house.send("Full", 5, (ANNA, ACCEPTED))
    assert (await house.send("Differential", version, (ANNA, None)))["status"] == "VersionMismatch"
    assert (house.status_of(ANNA), await house.version()) == ("Accepted", 5)


@pytest.mark.ocpp("D01.FR.06")
@pytest.mark.parametrize("update", ["Full", "Differential"])
@pytest.mark.parametrize("second", [ACCEPTED, BLOCKED])
async def test_a_token_that_is_there_twice_fails(house, update, second):
    await house.send("Full", 1, (BERT, ACCEPTED))
    twice = (ANNA, ACCEPTED), (IdToken("04a1b2c3", "ISO14443"), second)
    assert refused(await house.send(update, 2, *twice)) == ("Failed", "InvalidValue")
    assert (house.status_of(ANNA), house.status_of(BERT), await house.version()) == (None, "Accepted", 1)


async def test_two_tokens_of_one_value_and_two_types_are_two(house):
    assert (await house.send("Full", 1, (ANNA, ACCEPTED), (IdToken(ANNA.value, "KeyCode"), BLOCKED)))[
        "status"
    ] == "Accepted"


async def test_a_full_list_says_something_about_everybody(house):
    assert refused(await house.send("Full", 1, (ANNA, ACCEPTED), (BERT, None))) == ("Failed", "MissingParam")
    assert (house.list.count(), await house.version()) == (0, 0)


@pytest.mark.parametrize("version", [0, -3])
async def test_no_list_has_the_version_that_means_none(house, version):
    assert refused(await house.send("Full", version, (ANNA, ACCEPTED))) == ("Failed", "ValuePositiveOnly")
    assert await house.version() == 0


async def test_more_than_one_message_may_hold_fails(house):
    many = [(IdToken(str(number), "Central"), ACCEPTED) for number in range(MOST_ITEMS + 1)]
    assert refused(await house.send("Full", 1, *many)) == ("Failed", "TooManyElements")
    long = {"status": "Accepted", "personalMessage": {"format": "UTF8", "content": "ü" * 500}}
    large = [(IdToken(str(number), "Central"), long) for number in range(2)]
    assert refused(await house.send("Full", 1, *large)) == ("Failed", "TooLargeElement")
    assert (await house.send("Full", 1, large[0]))["status"] == "Accepted"


@pytest.mark.ocpp("D01.FR.12")
async def test_more_than_the_list_can_hold_fails_and_it_stays_as_it_was(house):
    await house.send("Full", 1, *[(IdToken(str(number), "Central"), ACCEPTED) for number in range(3)])
    answer = await house.send("Differential", 2, (ANNA, ACCEPTED), (BERT, ACCEPTED))
    assert refused(answer) == ("Failed", "OutOfStorage")
    assert (house.list.count(), await house.version()) == (3, 1)
    assert (await house.send("Differential", 2, (ANNA, ACCEPTED)))["status"] == "Accepted"


async def test_a_list_that_cannot_be_saved_fails_and_stays_as_it_was(house):
    await house.send("Full", 1, (ANNA, ACCEPTED))
    house.database.execute("PRAGMA query_only = on")
    assert refused(await house.send("Full", 2, (BERT, ACCEPTED))) == ("Failed", "InternalError")
    house.database.execute("PRAGMA query_only = off")
    assert (house.status_of(ANNA), house.status_of(BERT), await house.version()) == ("Accepted", None, 1)


# Which one there is


@pytest.mark.ocpp("D02.FR.02")
async def test_before_anything_was_sent_the_version_is_0(house):
    assert await house.version() == 0


@pytest.mark.ocpp("D02.FR.03", "D01.FR.13")
async def test_a_list_that_is_switched_off_has_version_0_takes_nothing_and_comes_back(house):
    await house.send("Full", 3, (ANNA, ACCEPTED))
    house.enabled = False
    assert await house.version() == 0
    for update in ("Full", "Differential"):
        assert refused(await house.send(update, 9, (BERT, ACCEPTED))) == ("Failed", "NotEnabled")
    house.enabled = True
    assert (house.status_of(ANNA), house.list.count(), await house.version()) == ("Accepted", 1, 3)


@pytest.mark.ocpp("C04.FR.04")
async def test_no_token_of_the_list_is_written_to_the_log(house):
    with capture_logs() as logs:
        await house.send("Full", 1, (ANNA, ACCEPTED), (CODE, ACCEPTED))
        await house.send("Differential", 2, (CODE, None), (CODE, None))
        await house.send("Differential", 1, (CODE, None))
    assert [entry["status"] for entry in logs if entry["event"] == "local_list_received"] == [
        "Accepted",
        "Failed",
        "VersionMismatch",
    ]
    assert ANNA.value not in str(logs)
    assert CODE.value not in str(logs)


# Any story

TOKENS = st.sampled_from([ANNA, BERT, CODE, IdToken("04a1b2c3", "ISO14443"), IdToken("1234", "Local")])
INFOS = st.sampled_from([None, ACCEPTED, BLOCKED])
MESSAGES = st.tuples(
    st.sampled_from(["Full", "Differential"]),
    st.integers(-1, 6),
    st.lists(st.tuples(TOKENS, INFOS), max_size=MOST_ITEMS + 1),
)


def expected(model, version, sent):
    """Return what a list and its version are after a message, and how it is answered; all by the book."""
    update, new_version, entries = sent
    keys = [(token.value.lower(), token.type) for token, _ in entries]
    if update == "Differential" and new_version <= version:
        return model, version, "VersionMismatch"
    bare = update == "Full" and any(info is None for _, info in entries)
    if new_version <= 0 or len(entries) > MOST_ITEMS or bare or len(set(keys)) < len(keys):
        return model, version, "Failed"
    merged = {**(model if update == "Differential" else {})}
    merged |= {key: info for key, (_, info) in zip(keys, entries, strict=True)}
    merged = {key: info for key, info in merged.items() if info is not None}
    return (model, version, "Failed") if len(merged) > MOST_ENTRIES else (merged, new_version, "Accepted")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(MESSAGES, max_size=8))
@pytest.mark.ocpp("D01.FR.01", "D01.FR.02", "D01.FR.06", "D01.FR.15", "D01.FR.16", "D01.FR.17", "D01.FR.19")
def test_any_story_of_messages_ends_as_it_would_in_a_dict(house, story):
    house.database.execute("DELETE FROM local_list")
    house.database.execute("DELETE FROM facts")
    model, version = {}, 0
    for sent in story:
        model, version, status = expected(model, version, sent)
        answer = told(house.block.send_local_list(codec.decode_request("SendLocalList", message(*sent))))
        assert answer.status == status
        assert house.list.version == version
        assert house.list.count() == len(model)
        for (value, kind), info in model.items():
            assert house.status_of(IdToken(value, kind)) == info["status"]


def told(answer):
    """Return what a handler answers that waits for nothing."""
    with pytest.raises(StopIteration) as done:
        answer.send(None)
    return done.value.value


@pytest.mark.ocpp("D01.FR.10")
async def test_two_lists_at_once_come_one_after_the_other(house):
    async with talking(house.session) as csms:
        asked = [
            csms.call("SendLocalList", **message("Full", number, [(ANNA, info)]))
            for number, info in ((1, ACCEPTED), (2, BLOCKED))
        ]
        answers = await asyncio.gather(*asked)
    assert [answer[2]["status"] for answer in answers] == ["Accepted", "Accepted"]
    assert (house.status_of(ANNA), await house.version()) == ("Blocked", 2)
