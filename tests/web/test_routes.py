"""What the routes answer, beside their form."""

import csv
import io
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from station.meter.evidence.safe_xml import read_evidence
from station.receipts.desk import ReceiptDesk
from station.receipts.views import PublicReceipt
from station.web.pictures import Pictures
from station.web.routes import ROUTES
from station.web.workshop import Workshop
from tests.commands.receipts.archive import BEGIN, CARD, END
from tests.fakes import KEY
from tests.web.house import House, Shelf, busy, house


async def drawn(page: House, path: str, text: str, **headers: str) -> bool:
    """Tell whether a picture shows a text."""
    async with page.ask("GET", path, headers=headers) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "image/svg+xml"
        return await answer.read() == await Pictures(Workshop()).qr(text)


def test_no_route_is_there_twice() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


async def test_everybody_sees_which_station_it_is_and_what_it_costs(tmp_path: Path) -> None:
    async with house(tmp_path, tariff={"de": "0,49 EUR/kWh"}, language="de") as page:
        status, seen = await page.get("/api/v1/station")
        assert status == 200
        assert (seen["identity"], seen["vendor_name"], seen["model"]) == ("CS001", "Example", "Bench")
        assert (seen["language"], seen["languages"], seen["tariff"]) == ("de", ["en", "de"], {"de": "0,49 EUR/kWh"})
        assert "memory_mib" not in seen


async def test_why_an_outlet_does_not_charge_is_told_shortly_to_drivers_and_wholly_to_operators(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as page, page.place.open():
        page.place.csms.connected = page.place.csms.online = False
        page.place.csms.last_failure = "wss://csms.internal refused"
        _, driver = await page.get("/api/v1/outlets/1/why")
        assert set(driver) == {"evse_id", "charging", "first"}
        assert driver["first"] == {"code": "plug_in", "standing": "waits"}
        assert "csms.internal" not in json.dumps(driver)
        await page.login()
        _, operator = await page.get("/api/v1/outlets/1/why")
        assert operator["first"] == driver["first"]
        assert [link["step"] for link in operator["links"]][:3] == ["process", "csms", "boot"]
        assert "csms.internal" in json.dumps(operator)


async def test_a_receipt_is_seen_by_who_knows_its_id(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        Shelf(page.place)
        _, receipt = await page.get("/api/v1/receipts/public/tx-1")
        assert receipt["begin"]["ocmf"] == BEGIN.ocmf.decode()
        assert receipt["end"]["ocmf"] == END.ocmf.decode()
        assert receipt["verdict"]["signature"] == "valid"
        assert "card_name" not in json.dumps(receipt)
        for which in ("1", "tx-9", "TX-1"):
            assert (await page.get(f"/api/v1/receipts/public/{which}"))[0] == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("path", ["public/tx-1.xml", "1.xml"])
async def test_a_receipt_is_saved_as_safe_xml_byte_for_byte(tmp_path: Path, path: str) -> None:
    async with house(tmp_path) as page:
        Shelf(page.place)
        async with page.ask("GET", f"/api/v1/receipts/{path}", headers=page.token()) as answer:
            assert answer.headers["Content-Type"] == "application/xml"
            name = path.removeprefix("public/")
            assert answer.headers["Content-Disposition"] == f'attachment; filename="receipt-{name}"'
            assert [evidence.ocmf for evidence in read_evidence(await answer.read())] == [BEGIN.ocmf, END.ocmf]


async def test_a_receipt_that_cannot_be_saved_says_why(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        Shelf(page.place)
        for path in ("2.chargy.json", "3.xml", "public/tx-2.json"):
            status, answer = await page.get(f"/api/v1/receipts/{path}", **page.token(path.replace("/", "-")))
            assert status == HTTPStatus.CONFLICT
            assert answer["error"].startswith("session ")


async def test_all_receipts_are_saved_as_a_table(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        Shelf(page.place)
        async with page.ask("GET", "/api/v1/receipts.csv", headers=page.token()) as answer:
            assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
            rows = list(csv.DictReader(io.StringIO(await answer.text())))
        assert [row["transaction_id"] for row in rows] == ["tx-1", "tx-2", "tx-3"]
        assert rows[0]["id_token"] == CARD.value


async def test_receipts_are_listed_piece_by_piece(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        Shelf(page.place)
        token = page.token()

        async def numbers(query: str) -> list[int]:
            _, answer = await page.get(f"/api/v1/receipts{query}", **token)
            return [receipt["number"] for receipt in answer["receipts"]]

        assert await numbers("") == [3, 2, 1]
        assert await numbers("?limit=2") == [3, 2]
        assert await numbers("?before=3&limit=1") == [2]
        for query in ("?limit=0", "?limit=101", "?before=0", "?before=x", "?limit=1e1", "?after=1"):
            assert (await page.get(f"/api/v1/receipts{query}", **token))[0] == HTTPStatus.BAD_REQUEST
        assert (await page.get("/api/v1/receipts/9", **token))[0] == HTTPStatus.NOT_FOUND
        assert (await page.get("/api/v1/receipts/9/verdict", **token))[0] == HTTPStatus.NOT_FOUND


async def test_codes_lead_to_where_the_page_was_asked_for(tmp_path: Path) -> None:
    async with house(tmp_path, names=("station.example",)) as page, page.place.open():
        Shelf(page.place)
        assert await drawn(page, "/api/v1/receipts/public/tx-1/qr.svg", f"{page.url}/receipt/tx-1")
        assert await drawn(page, "/api/v1/outlets/2/url.svg", f"{page.url}/?evse=2")
        named, port = {"Host": "station.example:99"}, page.url.rpartition(":")[2]
        assert await drawn(page, "/api/v1/outlets/2/url.svg", f"http://station.example:{port}/?evse=2", **named)
        assert await drawn(page, "/api/v1/outlets/1/key.svg", f"oca:base16:asn1:{KEY.hex()}")
        assert (await page.get("/api/v1/receipts/public/tx-9/qr.svg"))[0] == HTTPStatus.NOT_FOUND


async def test_codes_lead_to_the_public_url_if_there_is_one(tmp_path: Path) -> None:
    async with house(tmp_path, public_url="https://public.example/charging") as page:
        Shelf(page.place)
        assert await drawn(page, "/api/v1/outlets/2/url.svg", "https://public.example/charging/?evse=2")
        receipt = "https://public.example/charging/receipt/tx-1"
        assert await drawn(page, "/api/v1/receipts/public/tx-1/qr.svg", receipt)


async def test_a_key_that_is_not_known_yet_is_not_drawn(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        status, answer = await page.get("/api/v1/outlets/1/key.svg")
        assert status == HTTPStatus.NOT_FOUND
        assert "the meter has not been met yet" in answer["error"]


async def test_log_and_messages_are_found_by_what_they_say(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        busy(page.place)
        token = page.token()

        async def found(path: str, member: str) -> list[int]:
            _, answer = await page.get(f"/api/v1/{path}", **token)
            assert answer["last"] == 2
            return [each["number"] for each in answer[member]]

        assert await found("events", "events") == [1, 2]
        assert await found("events?after=1", "events") == [2]
        assert await found("events?level=warning", "events") == [2]
        assert await found("events?text=TTYMETER", "events") == []
        assert await found("events?text=PLUGGED", "events") == [1]
        assert await found("events?limit=1", "events") == [2]
        assert await found("messages", "messages") == [1, 2]
        assert await found("messages?action=authorize", "messages") == [1, 2]
        assert await found("messages?action=authorize&text=accepted", "messages") == [2]
        assert await found("messages?action=Heartbeat", "messages") == []
        for query in ("events?level=loud", "messages?action=a.b", "events?limit=0", "events?text=" + "x" * 201):
            assert (await page.get(f"/api/v1/{query}", **token))[0] == HTTPStatus.BAD_REQUEST


async def test_a_card_is_not_read_in_a_message(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        busy(page.place)
        _, answer = await page.get("/api/v1/messages", **page.token())
        assert "04A2B3C4" not in json.dumps(answer)


async def test_the_past_minutes_are_those_of_that_outlet(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        for _ in range(3):
            page.history.sample()
        _, answer = await page.get("/api/v1/outlets/2/history", **page.token())
        assert answer["evse_id"] == 2
        assert len(answer["power_w"]) == 3
        assert len(answer["voltages_v"]) == 3


async def test_what_is_done_is_seen_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open() as yard:
        await page.login()
        await yard.charge(1)
        assert (await page.get("/api/v1/status"))[1]["outlets"][0]["transaction_id"]
        assert (await page.post("/api/v1/outlets/1/unlock"))[0] == HTTPStatus.CONFLICT
        assert (await page.post("/api/v1/outlets/1/stop")) == (200, {"text": pytest_any("EVSE 1 ends")})
        await yard.until(lambda: yard.evses[1].session.transaction is None)
        assert not (await page.get("/api/v1/status"))[1]["outlets"][0]["transaction_id"]


class pytest_any:  # noqa: N801 reads like what it stands for
    """Equals every text that holds another one."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self._part in other

    __hash__ = None  # type: ignore[assignment]


async def test_a_reset_is_of_one_outlet_or_of_all(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        await page.login()
        for body, status in (({"evse_id": 2}, 200), ({}, 200), ({"evse_id": None}, 200), ({"evse_id": 9}, 404)):
            assert (await page.post("/api/v1/reset", body))[0] == status
        assert page.place.resets == [2, None, None]


async def set_(page: House, body: dict[str, Any]) -> tuple[int, Any]:
    return await page.call("PUT", "/api/v1/model", json=body, headers=page.csrf)


async def test_a_variable_is_set_or_refused_with_the_reason(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        await page.login()
        name = "OCPPCommCtrlr.HeartbeatInterval"
        assert (await set_(page, {"name": name, "value": "60"}))[0] == 200
        (row,) = (await page.get(f"/api/v1/model?text={name}"))[1]["variables"]
        assert row["value"] == "60"
        status, answer = await set_(page, {"name": name, "value": "never"})
        assert status == HTTPStatus.CONFLICT
        assert "HeartbeatInterval" in answer["error"]


async def test_what_needs_care_is_done_only_when_it_is_confirmed(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open():
        await page.login()
        body = {"name": "SecurityCtrlr.BasicAuthPassword", "value": "a-new-password-of-20"}
        status, answer = await set_(page, body)
        assert (status, answer["needs_confirmation"]) == (HTTPStatus.CONFLICT, True)
        assert (await set_(page, {**body, "confirmed": True}))[0] == 200
        _, answer = await page.get("/api/v1/model?text=BasicAuthPassword")
        assert body["value"] not in json.dumps(answer)


async def test_a_session_for_a_test_needs_a_card_in_the_settings(tmp_path: Path) -> None:
    async with house(tmp_path) as page, page.place.open() as yard:
        await page.login()
        await yard.plug(1)
        assert (await page.post("/api/v1/outlets/1/test-session"))[0] == 200
        await yard.until(lambda: yard.evses[1].session.transaction is not None)
        assert (await page.post("/api/v1/outlets/9/test-session"))[0] == HTTPStatus.NOT_FOUND


async def test_the_texts_of_both_languages_are_served(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        english, german = [(await page.get(f"/texts/{language}.json"))[1] for language in ("en", "de")]
        assert english.keys() == german.keys()
        assert english != german


async def test_a_made_up_address_makes_no_picture_of_its_own(tmp_path: Path) -> None:
    async with house(tmp_path) as page:
        for host in ("127.0.0.1:1", "127.9.9.9", "127.0.0.1"):
            assert await drawn(page, "/api/v1/outlets/2/url.svg", f"{page.url}/?evse=2", Host=host)


async def test_a_receipt_that_is_asked_for_again_is_not_judged_again(tmp_path: Path) -> None:
    judged: list[str] = []

    class Counted(ReceiptDesk):
        def public(self, transaction_id: str) -> PublicReceipt | None:
            judged.append(transaction_id)
            return super().public(transaction_id)

    async with house(tmp_path, receipts=Counted) as page:
        Shelf(page.place)
        first, second = [await page.get("/api/v1/receipts/public/tx-1") for _ in range(2)]
        assert first == second
        assert judged == ["tx-1"]
