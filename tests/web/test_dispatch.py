"""Who may ask for what: every row of the table, with and without a login, a proof and a token."""

import asyncio
import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from station.web import dispatch
from station.web.access import IDLE_S, TRIES_OF_ALL
from station.web.asking import May, Route
from station.web.bodies import MOST_BYTES
from station.web.dispatch import COSTLY_OF_ALL, COSTLY_OF_ONE
from station.web.passwords import add_token
from station.web.routes import ROUTES
from tests.fakes_clock import START
from tests.web.house import PASSWORD, House, house, keep_password

VALUES = {"id": "1", "number": "1", "transaction_id": "tx-1", "name": "js/api.js", "language": "de"}


def path_of(route: Route) -> str:
    return route.path.format(**VALUES)


def ids(routes: list[Route]) -> list[str]:
    return [f"{route.method} {route.path}" for route in routes]


UNSAFE = [route for route in ROUTES if route.unsafe and route.may is May.OPERATOR]


async def test_nobody_sees_or_does_what_is_for_operators(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        for route in ROUTES:
            if route.may is not May.OPERATOR:
                continue
            for headers in ({}, {"Cookie": "station_session=guessed"}, {"Authorization": "Basic YTpi"}):
                status, answer = await page.call(route.method, path_of(route), headers=headers)
                assert (status, list(answer)) == (401, ["error"]), route
        assert page.place.resets == []


async def test_everybody_sees_what_is_for_everybody(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        public = [route for route in ROUTES if route.may is May.ANYBODY and not route.unsafe]
        for route in public:
            async with page.ask("GET", path_of(route)) as answer:
                assert answer.status in (200, 404), route


def test_what_is_for_everybody_is_this_and_no_more() -> None:
    assert {route.path for route in ROUTES if route.may is May.ANYBODY} == {
        "/",
        "/operator",
        "/receipt/{transaction_id}",
        "/static/{name}",
        "/texts/{language}.json",
        "/openapi.json",
        "/api/v1/station",
        "/api/v1/outlets",
        "/api/v1/live",
        "/api/v1/outlets/{id}/why",
        "/api/v1/outlets/{id}/key.svg",
        "/api/v1/outlets/{id}/url.svg",
        "/api/v1/receipts/public/{transaction_id}",
        "/api/v1/receipts/public/{transaction_id}.xml",
        "/api/v1/receipts/public/{transaction_id}.json",
        "/api/v1/receipts/public/{transaction_id}/qr.svg",
        "/api/v1/login",
        "/api/v1/session",
    }


@pytest.mark.parametrize("route", UNSAFE, ids=ids(UNSAFE))
async def test_a_session_without_its_proof_changes_nothing(tmp_path: Path, route: Route) -> None:
    async with house(tmp_path) as page:
        await page.login()
        for proof in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "guessed"}):
            status, answer = await page.call(route.method, path_of(route), json={}, headers=proof)
            assert status == 403
            assert "X-CSRF-Token" in answer["error"]
        assert page.place.resets == []
        assert (await page.get("/api/v1/session"))[1]["operator"]


@pytest.mark.parametrize("route", UNSAFE, ids=ids(UNSAFE))
async def test_a_token_that_may_look_changes_nothing(tmp_path: Path, route: Route) -> None:
    async with house(tmp_path) as page:
        bearer = f"Bearer {add_token(page.state_dir, 'viewer', START, read_only=True)}"
        assert (await page.get("/api/v1/status", Authorization=bearer))[0] == 200
        status, answer = await page.call(
            route.method, path_of(route), json={}, headers={"Authorization": bearer, **page.csrf}
        )
        assert (status, answer["error"]) == (403, "the token viewer may look, and change nothing")
        assert page.place.resets == []


async def test_a_token_needs_neither_cookie_nor_proof(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        with capture_logs() as lines:
            assert (await page.call("POST", "/api/v1/reset", headers=page.token()))[0] == 200
        assert page.place.resets == [None]
        acted = next(line for line in lines if line["event"] == "operator_acted")
        assert (acted["by"], acted["action"], acted["outcome"]) == ("program", "POST /api/v1/reset", "done")


async def test_a_wrong_token_is_refused_even_with_a_session(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        await page.login()
        for path in ("/api/v1/status", "/api/v1/outlets", "/metrics"):
            assert (await page.get(path, Authorization="Bearer guessed"))[0] == 401


async def test_what_an_operator_does_is_told_with_the_address(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        await page.login()
        with capture_logs() as lines:
            assert (await page.post("/api/v1/outlets/1/unlock"))[0] == 200
            assert (await page.post("/api/v1/outlets/1/stop"))[0] == 409
        acted = [line for line in lines if line["event"] == "operator_acted"]
        assert [(line["action"], line["outcome"], line["by"], line["address"]) for line in acted] == [
            ("POST /api/v1/outlets/1/unlock", "done", "session", "127.0.0.1"),
            ("POST /api/v1/outlets/1/stop", "refused", "session", "127.0.0.1"),
        ]


async def test_neither_password_nor_token_is_ever_told(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        with capture_logs() as lines:
            await page.login()
            await page.post("/api/v1/login", {"password": "a wrong one"})
            await page.get("/api/v1/status", Authorization="Bearer something-wrong")
            await page.post("/api/v1/logout")
        told = json.dumps(lines)
        assert "operator_login_failed" in told
        for secret in (PASSWORD, "a wrong one", "something-wrong", page.csrf["X-CSRF-Token"]):
            assert secret not in told


async def test_a_cookie_is_out_of_reach_for_scripts_and_other_pages(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        async with page.ask("POST", "/api/v1/login", json={"password": PASSWORD}) as answer:
            cookie = answer.headers["Set-Cookie"]
        assert cookie.split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=28800"]
        origin = {"Origin": page.url.replace("http", "https")}
        async with page.ask("POST", "/api/v1/login", json={"password": PASSWORD}, headers=origin) as answer:
            assert answer.headers["Set-Cookie"].endswith("; Secure")


async def test_a_new_login_ends_the_session_before_it(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        await page.login()
        (before,) = page.browser.cookie_jar
        await page.login()
        (after,) = page.browser.cookie_jar
        assert before.value != after.value
        page.browser.cookie_jar.clear()
        old = {"Cookie": f"station_session={before.value}"}
        assert (await page.get("/api/v1/session", **old))[1] == {"operator": False, "csrf": None}


async def test_a_session_that_was_made_up_is_never_taken_over(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        fixed = {"Cookie": "station_session=fixed"}
        async with page.ask("POST", "/api/v1/login", json={"password": PASSWORD}, headers=fixed) as answer:
            assert answer.status == 200
            assert "station_session=fixed" not in answer.headers["Set-Cookie"]
        page.browser.cookie_jar.clear()
        assert (await page.get("/api/v1/session", **fixed))[1]["operator"] is False


async def test_logging_out_forgets_the_cookie_too(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        await page.login()
        (cookie,) = page.browser.cookie_jar
        assert (await page.post("/api/v1/logout")) == (200, {})
        assert list(page.browser.cookie_jar) == []
        assert (await page.get("/api/v1/status", Cookie=f"station_session={cookie.value}"))[0] == 401


async def test_a_session_ends_by_itself(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        await page.login()
        await asyncio.sleep(IDLE_S + 1)
        assert (await page.get("/api/v1/status"))[0] == 401
        assert (await page.get("/api/v1/session"))[1] == {"operator": False, "csrf": None}


async def test_another_password_logs_everybody_out(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        await page.login()
        keep_password(page.state_dir, "another password")
        assert (await page.get("/api/v1/status"))[0] == 401
        await page.login("another password")


async def test_nobody_logs_in_before_a_password_is_set(tmp_path: Path) -> None:
    async with house(tmp_path, password="") as page:
        assert (await page.get("/api/v1/station"))[1]["operator_password_set"] is False
        for guess in ("", "admin", "station"):
            status, answer = await page.post("/api/v1/login", {"password": guess})
            assert status == 403
            assert "station web password" in answer["error"]
        keep_password(page.state_dir)
        assert (await page.get("/api/v1/station"))[1]["operator_password_set"] is True
        await page.login()


async def test_guessing_is_slowed_down(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        statuses = []
        for _ in range(TRIES_OF_ALL.burst + 3):
            async with page.ask("POST", "/api/v1/login", json={"password": "guess"}) as answer:
                statuses.append(answer.status)
                wait = answer.headers.get("Retry-After")
        assert statuses[0] == 401
        assert statuses[-1] == 429
        assert wait is not None
        await asyncio.sleep(int(wait) + 1)
        await page.login()


async def body_problem(page: House, data: bytes, **headers: str) -> tuple[int, str]:
    status, answer = await page.call("POST", "/api/v1/login", data=data, headers=headers)
    return status, answer["error"]


async def test_only_json_is_read(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        body = json.dumps({"password": PASSWORD}).encode()
        for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            assert (await body_problem(page, body, **{"Content-Type": media}))[0] == 415
        packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        assert (await body_problem(page, body, **packed))[0] == 415
        json_ = {"Content-Type": "application/json; charset=utf-8"}
        assert (await page.call("POST", "/api/v1/login", data=body, headers=json_))[0] == 200


async def test_a_large_body_is_not_read(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        json_ = {"Content-Type": "application/json"}
        for size in (MOST_BYTES + 1, 10 * MOST_BYTES):
            status, text = await body_problem(page, b" " * size, **json_)
            assert (status, text) == (413, "the body is too large; 64 KiB are the most")

        async def endless() -> object:
            for _ in range(1000):
                yield b" " * 4096

        assert (await page.call("POST", "/api/v1/login", data=endless(), headers=json_))[0] == 413
        fitting = json.dumps({"password": PASSWORD}).encode().ljust(MOST_BYTES)
        assert (await page.call("POST", "/api/v1/login", data=fitting, headers=json_))[0] == 200


async def test_numbers_are_for_this_computer_and_for_tokens(tmp_path: Path) -> None:
    async with house(tmp_path, names=("station.example",)) as page:
        token = page.token()

        async def status(**headers: str) -> int:
            async with page.ask("GET", "/metrics", headers=headers) as answer:
                return answer.status

        assert await status() == 200
        for header in ("Host=station.example", "X-Forwarded-For=192.0.2.1", "Forwarded=for=192.0.2.1", "Via=1.1 a"):
            name, _, value = header.partition("=")
            assert await status(**{name: value}) == 401
            assert await status(**{name: value}, **token) == 200


async def test_numbers_can_be_switched_off(tmp_path: Path) -> None:
    async with house(tmp_path, metrics=False) as page:
        for headers in ({}, page.token()):
            status, answer = await page.get("/metrics", **headers)
            assert status == 404
            assert "metrics is false in the section [web]" in answer["error"]


COSTLY = {route.path for route in ROUTES if route.costly}


def test_what_takes_long_and_is_for_everybody_is_this() -> None:
    assert {path for path in COSTLY if path.endswith(".svg")} == {
        route.path for route in ROUTES if route.media == "image/svg+xml"
    }
    assert {path for path in COSTLY if not path.endswith(".svg")} == {
        "/api/v1/receipts/public/{transaction_id}",
        "/api/v1/receipts/public/{transaction_id}.xml",
        "/api/v1/receipts/public/{transaction_id}.json",
    }


@pytest.mark.parametrize(("local", "burst"), [(True, COSTLY_OF_ALL.burst), (False, COSTLY_OF_ONE.burst)])
async def test_receipts_and_pictures_are_answered_so_often_and_nothing_else_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: bool, burst: int
) -> None:
    monkeypatch.setattr(dispatch, "is_loopback", lambda address: local)
    async with house(tmp_path) as page:
        asked = 0
        while (status := (await page.get("/api/v1/receipts/public/tx-9"))[0]) == 404:
            asked += 1
        assert status == 429
        assert burst <= asked <= burst + 2
        assert (await page.get("/api/v1/outlets/1/url.svg"))[0] == 429
        assert (await page.get("/api/v1/outlets"))[0] == 200
        await asyncio.sleep(2)
        assert (await page.get("/api/v1/receipts/public/tx-9"))[0] == 404
