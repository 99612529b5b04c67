"""The API's description: every route is in it, and every answer is as it says."""

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from station.web.asking import EVENT_STREAM, JSON, May
from station.web.openapi import document
from station.web.routes import ROUTES
from tests.web.events import events_of
from tests.web.house import House, busy, house

DOCUMENT = document(ROUTES)
VALUES = {"id": "1", "number": "1", "transaction_id": "tx-1", "name": "js/api.js", "language": "de"}
ASKED = [route for route in ROUTES if route.media == JSON and not route.unsafe]
ACTS: list[tuple[str, str, dict[str, Any], int]] = [
    ("POST", "/api/v1/outlets/{id}/unlock", {}, 200),
    ("POST", "/api/v1/outlets/{id}/stop", {}, 409),
    ("POST", "/api/v1/outlets/{id}/test-session", {}, 200),
    ("POST", "/api/v1/reset", {"evse_id": 1}, 200),
    ("POST", "/api/v1/reset", {}, 200),
    ("PUT", "/api/v1/model", {"name": "OCPPCommCtrlr.HeartbeatInterval", "value": "60"}, 200),
    ("PUT", "/api/v1/model", {"name": "OCPPCommCtrlr.HeartbeatInterval", "value": "x"}, 409),
    ("PUT", "/api/v1/model", {"name": "SecurityCtrlr.BasicAuthPassword", "value": "x" * 20}, 409),
    ("POST", "/api/v1/logout", {}, 200),
    ("POST", "/api/v1/login", {"password": "wrong"}, 401),
]


def problems(schema: dict[str, Any], instance: Any) -> list[str]:
    whole = {**schema, "components": DOCUMENT["components"]}
    return [
        f"{error.json_path}: {error.message}"
        for error in Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(
            instance
        )
    ]


def described(method: str, path: str, status: int, media: str = JSON) -> dict[str, Any]:
    """Return the schema of an answer."""
    answers: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]["responses"]
    assert str(status) in answers, f"{method} {path} answers {status}, which is not described"
    schema: dict[str, Any] = answers[str(status)]["content"][media]["schema"]
    return schema


async def check(page: House, method: str, path: str, status: int, **more: Any) -> Any:
    """Ask, and hold the answer against the description."""
    found, answer = await page.call(method, path.format(**VALUES), **more)
    assert found == status, answer
    assert problems(described(method, path, status), answer) == []
    return answer


def test_every_schema_is_one() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_route_is_described_and_nothing_else_is() -> None:
    operations = {(method.upper(), path) for path, each in DOCUMENT["paths"].items() for method in each}
    assert operations == {(route.method, route.path) for route in ROUTES}
    assert len(operations) == len(ROUTES)


def test_operations_have_names_of_their_own_and_words() -> None:
    operations = [operation for each in DOCUMENT["paths"].values() for operation in each.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(re.fullmatch("[a-z][a-z0-9_]*", operation["operationId"]) for operation in operations)
    assert all(operation["summary"].endswith(".") for operation in operations)


def test_every_parameter_of_a_path_is_described() -> None:
    for path, each in DOCUMENT["paths"].items():
        for operation in each.values():
            named = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"]
            assert named == re.findall(r"{(\w+)}", path)


def test_who_may_ask_is_described() -> None:
    def security(method: str, path: str) -> Any:
        return DOCUMENT["paths"][path][method]["security"]

    assert security("get", "/api/v1/outlets") == []
    assert security("get", "/api/v1/status") == [{"token": []}, {"session": []}]
    assert security("post", "/api/v1/reset") == [{"token": []}, {"session": [], "csrf": []}]
    assert security("get", "/metrics") == [{}, {"token": []}, {"session": []}]


def test_bodies_are_described() -> None:
    body = DOCUMENT["paths"]["/api/v1/model"]["put"]["requestBody"]
    assert body["required"] is True
    assert problems(body["content"][JSON]["schema"], {"name": "a", "value": "b"}) == []
    assert problems(body["content"][JSON]["schema"], {"name": "a"}) != []
    assert DOCUMENT["paths"]["/api/v1/reset"]["post"]["requestBody"]["required"] is False


async def test_every_answer_is_as_described(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        busy(page.place)
        async with page.place.open() as yard:
            await yard.charge(1)
            page.history.sample()
            for route in ASKED:
                answer = await check(page, "GET", route.path, 200 if route.may is May.ANYBODY else 401)
                assert answer not in ({}, []), route.path
            await page.login()
            for route in ASKED:
                answer = await check(page, "GET", route.path, 200)
                assert answer not in ({}, []), route.path


async def test_lists_are_described_by_what_is_in_them(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        busy(page.place)
        async with page.place.open() as yard:
            await yard.charge(1)
            page.history.sample()
            await page.login()
            for path, member in (
                ("/api/v1/outlets", "outlets"),
                ("/api/v1/events", "events"),
                ("/api/v1/messages", "messages"),
                ("/api/v1/model", "variables"),
                ("/api/v1/receipts", "receipts"),
                ("/api/v1/certificates", "certificates"),
                ("/api/v1/queue", "queued"),
                ("/api/v1/status", "meters"),
                ("/api/v1/status", "outlets"),
                ("/api/v1/status", "lines"),
                ("/api/v1/outlets/1/history", "power_w"),
                ("/api/v1/receipts/1", "records"),
                ("/api/v1/receipts/1/verdict", "together"),
                ("/api/v1/outlets/1/why", "links"),
            ):
                assert (await page.get(path))[1][member], (
                    f"{path} has no {member} that could be held against anything"
                )


async def test_what_is_done_is_answered_as_described(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        await page.login()
        for method, path, body, status in ACTS:
            await check(page, method, path, status, json=body, headers=page.csrf)
        await check(page, "POST", "/api/v1/login", 200, json={"password": "not for the public"})
    unsafe = {(route.method, route.path) for route in ROUTES if route.unsafe}
    assert unsafe == {(method, path) for method, path, _, _ in ACTS}


async def test_events_are_as_described(tmp_path: Path) -> None:
    streams = [route for route in ROUTES if route.media == EVENT_STREAM]
    assert [route.path for route in streams] == ["/api/v1/live", "/api/v1/operator/live"]
    async with house(tmp_path) as page, page.place.open():
        await page.login()
        for route in streams:
            told = DOCUMENT["paths"][route.path]["get"]["responses"]["200"]["content"][EVENT_STREAM]["x-events"]
            async with page.ask("GET", route.path) as answer:
                events, seen = events_of(answer), set[str]()
                async for name, data in events:
                    assert problems(told[name], data) == []
                    seen.add(name)
                    if name == "status" and len(seen) == 1:
                        busy(page.place)
                    if seen == told.keys():
                        break


async def test_files_have_the_media_that_is_described(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        busy(page.place)
        async with page.place.open():
            await page.login()
            for route in ROUTES:
                if route.unsafe or route.media == EVENT_STREAM:
                    continue
                async with page.ask("GET", route.path.format(**VALUES)) as answer:
                    assert answer.status == 200, (route.path, await answer.text())
                    found = answer.headers["Content-Type"].replace("; charset=utf-8", "")
                    assert route.media.replace("; charset=utf-8", "") in (found, "*/*")


async def test_the_document_is_served(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        assert (await page.get("/openapi.json"))[1] == json.loads(json.dumps(DOCUMENT))
