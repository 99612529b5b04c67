import asyncio
from typing import Any

import pytest

from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.reports import Report
from simulators.mock_csms.server import MockCsms
from tests.simulators.mock_csms.peer import BareStation, bare_station

FULL = {"reportBase": "FullInventory"}


def row(component: str, variable: str, value: str | None, **where: Any) -> dict[str, Any]:
    instance = {"instance": where.pop("instance")} if "instance" in where else {}
    attribute = {} if value is None else {"value": value}
    return {
        "component": {"name": component, **({"evse": where} if where else {})},
        "variable": {"name": variable, **instance},
        "variableAttribute": [{"type": "Target", "value": "no"}, attribute],
    }


def page(request_id: int, seq_no: int, *rows: dict[str, Any], tbc: bool = False) -> dict[str, Any]:
    moment = "2026-01-01T00:00:00Z"
    return {"requestId": request_id, "seqNo": seq_no, "generatedAt": moment, "tbc": tbc, "reportData": list(rows)}


async def asked(station: BareStation, status: str = "Accepted") -> Any:
    """Answer the next request and return its payload."""
    _, message_id, _, payload = await station.read()
    await station.send([3, message_id, {"status": status}])
    return payload


async def test_a_report_is_all_pages_of_its_request(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        reporting = asyncio.create_task(csms.report("CS1", "GetBaseReport", {**FULL, "requestId": 7}))
        assert await asked(station) == {**FULL, "requestId": 7}
        first, second = row("A", "X", "1"), row("A", "Y", "2")
        await station.told("NotifyReport", page(8, 0, row("Other", "Z", "")))
        await station.told("NotifyReport", page(7, 0, first, tbc=True))
        assert not reporting.done()
        await station.told("NotifyReport", page(7, 1, second))
        report = await reporting
    assert (report.status, report.rows, report.problems) == ("Accepted", (first, second), ())


async def test_pages_out_of_order_are_a_problem(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        reporting = asyncio.create_task(csms.report("CS1", "GetBaseReport", FULL))
        request_id = (await asked(station))["requestId"]
        await station.told("NotifyReport", page(request_id, 1, row("A", "X", "1"), tbc=True))
        await station.told("NotifyReport", page(request_id, 0, row("A", "Y", "1")))
        assert (await reporting).problems == ("seqNo 1, 0",)


async def test_each_report_without_a_request_id_gets_one_of_its_own(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        ids = []
        for _ in range(2):
            reporting = asyncio.create_task(csms.report("CS1", "GetReport"))
            ids.append((await asked(station))["requestId"])
            await station.told("NotifyReport", page(ids[-1], 0, row("A", "X", "1")))
            await reporting
    assert ids[0] != ids[1]


@pytest.mark.parametrize("status", ["NotSupported", "EmptyResultSet", "Rejected"])
async def test_a_report_that_is_not_accepted_has_no_pages(csms: MockCsms, status: str) -> None:
    async with bare_station(csms) as station:
        reporting = asyncio.create_task(csms.report("CS1", "GetReport"))
        await asked(station, status)
        assert ((await reporting).status, (await reporting).pages) == (status, ())


async def test_a_page_that_does_not_come_is_told_in_time(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        reporting = asyncio.create_task(csms.report("CS1", "GetReport", timeout_s=5))
        await asked(station)
        with pytest.raises(TimeoutError, match=r"no NotifyReport from CS1 within 5 s"):
            await reporting


async def test_a_report_of_text_is_put_together(csms: MockCsms) -> None:
    async with bare_station(csms) as station:
        reporting = asyncio.create_task(csms.report("CS1", "CustomerInformation", {"report": True, "clear": False}))
        request_id = (await asked(station))["requestId"]
        moment = "2026-01-01T00:00:00Z"
        for seq_no, data in enumerate(("ab", "cd")):
            notice = {
                "data": data,
                "seqNo": seq_no,
                "generatedAt": moment,
                "requestId": request_id,
                "tbc": seq_no == 0,
            }
            await station.told("NotifyCustomerInformation", notice)
        assert (await reporting).content == "abcd"


async def test_what_asks_for_no_report_is_refused(csms: MockCsms) -> None:
    with pytest.raises(RequestError, match="Reset"):
        await csms.report("CS1", "Reset")


def test_a_variable_is_found_by_its_names() -> None:
    rows = (
        row("C", "V", "1"),
        row("C", "V", "2", instance="I"),
        row("C", "V", "3", id=1),
        row("C", "V", "4", id=1, connectorId=2),
        row("C", "W", None),
    )
    report = Report(1, "Accepted", (page(1, 0, *rows),))
    assert report.value("C", "V") == "1"
    assert report.value("C", "V", instance="I") == "2"
    assert report.value("C", "V", evse=1) == "3"
    assert report.value("C", "V", evse=1, connector=2) == "4"
    assert (report.value("C", "W"), report.value("D", "V")) == (None, None)
    assert report.find("C", "V", evse=1) == rows[2]
