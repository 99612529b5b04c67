"""The authorization ladder, row by row, and what holds on every rung."""

from itertools import product

import pytest
from ocpp.v201.enums import AuthorizationStatusEnumType as Status
from ocpp.v201.enums import IdTokenEnumType

from station.core.authorization import Knowledge, Rules, Verdict, bar, decide, is_master_pass, knowledge
from station.core.tokens import IdToken, Source, TokenInfo

ACCEPT, ASK, REFUSE = Verdict
CARD = IdToken("04A1B2", "ISO14443")
LISTED = TokenInfo(Status.accepted, source=Source.LOCAL_LIST)
LISTED_BLOCKED = TokenInfo(Status.blocked, source=Source.LOCAL_LIST)
LAPSED = TokenInfo(Status.accepted, source=Source.LOCAL_LIST, lapsed=True)
CACHED = TokenInfo(Status.accepted, source=Source.CACHE)
CACHED_BLOCKED = TokenInfo(Status.blocked, source=Source.CACHE)
UNKNOWN = None
BOTH = (True, False)

EVERY_RULE = [
    Rules(*flags, master_pass_group="")
    for flags in product(BOTH, repeat=7)  # all that is true or false
]
EVERY_KNOWLEDGE = [LISTED, LISTED_BLOCKED, LAPSED, CACHED, CACHED_BLOCKED, UNKNOWN]


def row(known, rules, expected, *requirements, why=""):
    """A row of the table; with its requirements as marks."""
    name = f"{knowledge(known)}, {why}" if why else str(knowledge(known))
    return pytest.param(
        known, rules, expected, id=name, marks=[pytest.mark.ocpp(*requirements)] if requirements else []
    )


@pytest.mark.parametrize(
    ("known", "rules", "expected"),
    [
        row(LISTED, Rules(local_pre_authorize=True), ACCEPT, "C14.FR.02", "C14.FR.04"),
        row(LISTED, Rules(), ASK, "C01.FR.05", why="LocalPreAuthorize false"),
        row(LISTED_BLOCKED, Rules(local_pre_authorize=True), ASK, "C14.FR.03"),
        row(LISTED_BLOCKED, Rules(list_post_authorize=False), REFUSE, why="list's DisablePostAuthorize"),
        row(LISTED_BLOCKED, Rules(post_authorize=False), ASK, "C14.FR.03", why="cache's DisablePostAuthorize"),
        row(LAPSED, Rules(local_pre_authorize=True), ASK, "C14.FR.05"),
        row(LAPSED, Rules(list_post_authorize=False), ASK, "C14.FR.05", why="list's DisablePostAuthorize"),
        row(CACHED, Rules(local_pre_authorize=True), ACCEPT, "C12.FR.02"),
        row(CACHED, Rules(), ASK, "C01.FR.05", why="LocalPreAuthorize false"),
        row(CACHED_BLOCKED, Rules(local_pre_authorize=True), ASK, "C10.FR.03", "C12.FR.05"),
        row(CACHED_BLOCKED, Rules(post_authorize=False), REFUSE, why="cache's DisablePostAuthorize"),
        row(CACHED_BLOCKED, Rules(list_post_authorize=False), ASK, "C12.FR.05", why="list's DisablePostAuthorize"),
        row(UNKNOWN, Rules(), ASK, "C01.FR.02"),
        row(UNKNOWN, Rules(offline_unknown=True), ASK, "C01.FR.02", why="OfflineTxForUnknownIdEnabled"),
    ],
)
def test_online(known, rules, expected):
    assert decide(CARD, known, rules=rules, online=True) is expected


@pytest.mark.parametrize(
    ("known", "rules", "expected"),
    [
        row(LISTED, Rules(), ACCEPT, "C13.FR.02", "C13.FR.03", "C13.FR.05"),
        row(LISTED, Rules(offline_unknown=True), ACCEPT, "C13.FR.04", "C13.FR.06", why="unknown ones too"),
        row(LISTED, Rules(local_authorize_offline=False), REFUSE, why="LocalAuthorizeOffline false"),
        row(LISTED_BLOCKED, Rules(offline_unknown=True), REFUSE, "C13.FR.02", "C13.FR.04"),
        row(LAPSED, Rules(), REFUSE, "C13.FR.05"),
        row(LAPSED, Rules(offline_unknown=True), REFUSE, "C13.FR.06", why="it is not unknown"),
        row(CACHED, Rules(), ACCEPT),
        row(CACHED, Rules(local_authorize_offline=False), REFUSE, why="LocalAuthorizeOffline false"),
        row(CACHED_BLOCKED, Rules(offline_unknown=True), REFUSE, why="it is not unknown"),
        row(UNKNOWN, Rules(), REFUSE, "C13.FR.02", "C13.FR.05"),
        row(UNKNOWN, Rules(offline_unknown=True), ACCEPT, "C15.FR.08", "C13.FR.04", "C13.FR.06"),
    ],
)
def test_offline(known, rules, expected):
    assert decide(CARD, known, rules=rules, online=False) is expected


@pytest.mark.parametrize("online", BOTH)
@pytest.mark.parametrize("known", EVERY_KNOWLEDGE)
def test_without_authorization_everybody_is_let_in(known, online):
    assert decide(CARD, known, rules=Rules(enabled=False), online=online) is ACCEPT


@pytest.mark.ocpp("C02.FR.01", "C03.FR.01", "C05.FR.01")
@pytest.mark.parametrize("kind", ["Central", "NoAuthorization"])
def test_nobody_is_asked_about_types_that_nobody_could_speak_for(kind):
    for rules, online in product(EVERY_RULE, BOTH):
        assert decide(IdToken("", kind), None, rules=rules, online=online) is ACCEPT


@pytest.mark.ocpp("C06.FR.01", "C06.FR.02")
@pytest.mark.parametrize("known", EVERY_KNOWLEDGE)
def test_a_local_token_is_always_asked_about_while_somebody_can_be_asked(known):
    token = IdToken("staff", "Local")
    for rules in (rules for rules in EVERY_RULE if rules.enabled and rules.remote_authorization):
        assert decide(token, known, rules=rules, online=True) is ASK
        assert decide(token, known, rules=rules, online=False) is decide(CARD, known, rules=rules, online=False)


@pytest.mark.parametrize("pre_authorize", BOTH)
@pytest.mark.parametrize("kind", ["ISO14443", "Local"])
def test_if_the_csms_must_not_be_asked_what_is_known_decides(kind, pre_authorize):
    rules = Rules(remote_authorization=False, local_pre_authorize=pre_authorize)
    verdicts = {known: decide(IdToken("1", kind), known, rules=rules, online=True) for known in EVERY_KNOWLEDGE}
    assert {known for known, verdict in verdicts.items() if verdict is ACCEPT} == {LISTED, CACHED}
    assert set(verdicts.values()) == {ACCEPT, REFUSE}


@pytest.mark.ocpp("C01.FR.01")
@pytest.mark.parametrize("kind", [kind for kind in IdTokenEnumType if kind not in ("Central", "NoAuthorization")])
def test_on_every_rung_nobody_asks_in_vain_and_nobody_who_is_known_as_refused_is_let_in(kind):
    for rules, known, online in product(EVERY_RULE, EVERY_KNOWLEDGE, BOTH):
        verdict = decide(IdToken("1", kind), known, rules=rules, online=online)
        if verdict is ASK:
            assert online
            assert rules.remote_authorization
        if verdict is ACCEPT and rules.enabled:
            assert known.accepted if known else (not online and rules.offline_unknown)


def test_what_the_station_knows_is_told_apart():
    assert [knowledge(known) for known in EVERY_KNOWLEDGE] == list(Knowledge)


# Who is accepted and starts nothing all the same


def of_group(group, **info):
    return TokenInfo(Status.accepted, group=group and IdToken(group, "Central"), **info)


@pytest.mark.ocpp("C12.FR.09", "C16.FR.03")
@pytest.mark.parametrize("source", list(Source))
def test_a_master_pass_starts_nothing_wherever_it_is_known_from(source):
    rules = Rules(master_pass_group="Police")
    assert is_master_pass(of_group("POLICE", source=source), rules)
    assert bar(of_group("police", source=source), rules, evse_id=1) == "a master pass starts nothing"


@pytest.mark.parametrize(
    ("group", "master"), [("fleet", "Police"), (None, "Police"), (None, ""), ("", ""), ("fleet", "")]
)
def test_who_is_of_another_group_or_of_none_is_no_master(group, master):
    rules = Rules(master_pass_group=master)
    assert not is_master_pass(of_group(group), rules)
    assert bar(of_group(group), rules, evse_id=1) is None


@pytest.mark.ocpp("C01.FR.21")
@pytest.mark.parametrize(
    ("evse_ids", "why"), [((), None), ((1,), None), ((1, 3), None), ((2, 3), "only for EVSE 2, 3")]
)
def test_a_token_that_is_good_for_some_evses_starts_only_there(evse_ids, why):
    assert bar(of_group(None, evse_ids=evse_ids), Rules(), evse_id=1) == why
