"""Who may operate: logins, sessions and tokens."""

from http import HTTPStatus
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from station.web.access import (
    ABSOLUTE_S,
    IDLE_S,
    MOST_SESSIONS,
    MOST_WELCOME,
    TRIES_OF_ALL,
    TRIES_OF_ONE,
    Access,
    Operator,
)
from station.web.access_file import NAME, AccessFile
from station.web.passwords import add_token
from station.web.problems import ProblemError
from station.web.workshop import Workshop
from tests.fakes_clock import START
from tests.web.house import PASSWORD, keep_password

HERE = "192.0.2.1"


class Time:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Desk:
    """An access whose time stands still unless it is moved."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.time = folder, Time()
        self.access = Access(AccessFile(folder), Workshop(), self.time)

    async def login(self, password: str = PASSWORD, *, address: str = HERE) -> tuple[str, Operator]:
        return await self.access.login(password, address=address)

    async def refused(self, password: str, *, address: str = HERE) -> ProblemError:
        with pytest.raises(ProblemError) as problem:
            await self.login(password, address=address)
        return problem.value


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    keep_password(tmp_path)
    return Desk(tmp_path)


async def test_there_is_no_password_until_one_is_set(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert not desk.access.has_password
    for password in ("", "admin", PASSWORD):
        problem = await desk.refused(password, address=f"192.0.2.{len(password)}")
        assert problem.status is HTTPStatus.FORBIDDEN
        assert "station web password" in str(problem)
    keep_password(tmp_path)
    assert desk.access.has_password
    await desk.login()


async def test_the_password_begins_a_session_of_its_own(desk: Desk) -> None:
    (first, anna), (second, bert) = await desk.login(), await desk.login()
    assert first != second
    assert anna.csrf != bert.csrf
    assert len(first) >= 43
    found = desk.access.by_session(first)
    assert found is not None
    assert (found.name, found.csrf) == ("session", anna.csrf)
    assert desk.access.by_session("") is None
    assert desk.access.by_session(first + "x") is None


async def test_a_wrong_password_is_refused_and_told_without_it(desk: Desk) -> None:
    with capture_logs() as lines:
        problem = await desk.refused("wrong password")
    assert problem.status is HTTPStatus.UNAUTHORIZED
    assert lines == [{"event": "operator_login_failed", "log_level": "warning", "address": HERE}]


async def test_a_login_is_told(desk: Desk) -> None:
    with capture_logs() as lines:
        await desk.login()
    assert lines == [{"event": "operator_logged_in", "log_level": "info", "address": HERE}]


async def test_who_tries_too_often_has_to_wait_whatever_he_knows(desk: Desk) -> None:
    for _ in range(TRIES_OF_ONE.burst):
        assert (await desk.refused("wrong")).status is HTTPStatus.UNAUTHORIZED
    problem = await desk.refused(PASSWORD)
    assert problem.status is HTTPStatus.TOO_MANY_REQUESTS
    assert problem.headers == {"Retry-After": "30"}
    desk.time.now_s += 30
    await desk.login()


async def test_others_can_log_in_meanwhile(desk: Desk) -> None:
    for _ in range(TRIES_OF_ONE.burst + 3):
        await desk.refused("wrong")
    await desk.login(address="192.0.2.2")


async def test_trying_from_everywhere_has_a_limit_too(desk: Desk) -> None:
    statuses = [(await desk.refused("wrong", address=f"192.0.{n}.1")).status for n in range(TRIES_OF_ALL.burst + 1)]
    assert statuses[-1] is HTTPStatus.TOO_MANY_REQUESTS
    assert set(statuses[:-1]) == {HTTPStatus.UNAUTHORIZED}


async def test_behind_a_server_on_this_computer_a_few_wrong_ones_keep_nobody_out(desk: Desk) -> None:
    for _ in range(TRIES_OF_ONE.burst + 3):
        assert (await desk.refused("wrong", address="127.0.0.1")).status is HTTPStatus.UNAUTHORIZED
    await desk.login(address="127.0.0.1")
    for _ in range(TRIES_OF_ALL.burst):
        problem = await desk.refused("wrong", address="127.0.0.1")
    assert problem.status is HTTPStatus.TOO_MANY_REQUESTS


async def exhaust(desk: Desk) -> None:
    for number in range(TRIES_OF_ALL.burst + 1):
        problem = await desk.refused("wrong", address=f"198.51.{number}.1")
    assert problem.status is HTTPStatus.TOO_MANY_REQUESTS


async def test_who_logged_in_lately_is_not_kept_out_by_others_and_may_guess_no_more_often(desk: Desk) -> None:
    await desk.login()
    await exhaust(desk)
    assert (await desk.refused(PASSWORD, address="192.0.2.2")).status is HTTPStatus.TOO_MANY_REQUESTS
    await desk.login()
    for _ in range(TRIES_OF_ONE.burst):
        assert (await desk.refused("wrong")).status is HTTPStatus.UNAUTHORIZED
    assert (await desk.refused(PASSWORD)).status is HTTPStatus.TOO_MANY_REQUESTS


async def test_only_so_many_are_remembered_as_those_who_logged_in(desk: Desk) -> None:
    for number in range(MOST_WELCOME + 1):
        await desk.login(address=f"192.0.2.{number}")
        await desk.login(address="192.0.2.0")
    await exhaust(desk)
    assert (await desk.refused(PASSWORD, address="192.0.2.1")).status is HTTPStatus.TOO_MANY_REQUESTS
    for number in (0, *range(2, MOST_WELCOME + 1)):
        await desk.login(address=f"192.0.2.{number}")


async def test_a_computer_with_many_behind_it_never_counts_for_itself(desk: Desk) -> None:
    await desk.login(address="127.0.0.1")
    await exhaust(desk)
    assert (await desk.refused(PASSWORD, address="127.0.0.1")).status is HTTPStatus.TOO_MANY_REQUESTS


async def test_who_knows_the_password_in_the_end_has_all_his_tries_again(desk: Desk) -> None:
    for _ in range(3):
        for _ in range(TRIES_OF_ONE.burst - 1):
            await desk.refused("wrong")
        await desk.login()
        desk.time.now_s += 60


async def test_a_session_ends_when_nobody_uses_it(desk: Desk) -> None:
    session, operator = await desk.login()
    desk.time.now_s += IDLE_S - 1
    assert desk.access.by_session(session, touch=False)
    assert desk.access.still(operator)
    desk.time.now_s += 1
    assert desk.access.by_session(session) is None
    assert not desk.access.still(operator)


async def test_a_session_that_is_used_goes_on_for_eight_hours_at_most(desk: Desk) -> None:
    session, _ = await desk.login()
    used = 0
    while desk.access.by_session(session):
        used += 1
        desk.time.now_s += IDLE_S / 2
    assert used == ABSOLUTE_S / (IDLE_S / 2)


async def test_logging_out_ends_one_session(desk: Desk) -> None:
    (first, anna), (second, _) = await desk.login(), await desk.login()
    desk.access.logout(anna)
    assert desk.access.by_session(first) is None
    assert desk.access.by_session(second)
    desk.access.logout(anna)


async def test_another_password_ends_all_sessions(desk: Desk) -> None:
    session, operator = await desk.login()
    keep_password(desk.folder, "another password")
    assert not desk.access.still(operator)
    assert desk.access.by_session(session) is None


async def test_of_too_many_sessions_the_one_unused_longest_ends(desk: Desk) -> None:
    sessions = []
    for _ in range(MOST_SESSIONS):
        sessions.append((await desk.login())[0])
        desk.time.now_s += 1
    assert desk.access.by_session(sessions[0])
    newest, _ = await desk.login()
    alive = [session for session in (*sessions, newest) if desk.access.by_session(session, touch=False)]
    assert alive == [sessions[0], *sessions[2:], newest]


async def test_a_session_id_is_not_kept_as_it_is(desk: Desk) -> None:
    session, operator = await desk.login()
    assert session not in repr(vars(desk.access))
    assert session not in repr(operator)
    assert operator.session != session


async def test_a_session_vouches_by_its_own_proof_only(desk: Desk) -> None:
    (_, anna), (_, bert) = await desk.login(), await desk.login()
    assert anna.vouches(anna.csrf or "")
    assert not anna.vouches(bert.csrf or "")
    assert not anna.vouches("")
    assert not anna.vouches("ä")


async def test_a_token_opens_until_it_is_revoked(desk: Desk) -> None:
    token = add_token(desk.folder, "program", START)
    operator = desk.access.by_token(token, address=HERE)
    assert (operator.name, operator.read_only, operator.vouches("")) == ("program", False, True)
    assert desk.access.still(operator)
    AccessFile(desk.folder).revoke_token("program")
    assert not desk.access.still(operator)
    with pytest.raises(ProblemError, match="not known; `station web token NAME` makes one"):
        desk.access.by_token(token, address=HERE)


async def test_wrong_tokens_are_counted_and_right_ones_never_wait(desk: Desk) -> None:
    token = add_token(desk.folder, "program", START, read_only=True)
    statuses = []
    for _ in range(TRIES_OF_ONE.burst + 1):
        with pytest.raises(ProblemError) as problem:
            desk.access.by_token(token + "x", address=HERE)
        statuses.append(problem.value.status)
    assert statuses == [HTTPStatus.UNAUTHORIZED] * TRIES_OF_ONE.burst + [HTTPStatus.TOO_MANY_REQUESTS]
    assert desk.access.by_token(token, address=HERE).read_only


async def test_a_damaged_file_lets_nobody_in_and_is_told_once(desk: Desk) -> None:
    session, _ = await desk.login()
    (desk.folder / NAME).write_text("{")
    with capture_logs() as lines:
        assert desk.access.by_session(session) is None
        assert not desk.access.has_password
        assert (await desk.refused(PASSWORD)).status is HTTPStatus.FORBIDDEN
    assert [line["event"] for line in lines] == ["web_access_unreadable"]
    keep_password(desk.folder)
    await desk.login()
