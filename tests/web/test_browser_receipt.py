"""The page of a receipt in a real browser."""

import json
from pathlib import Path

import pytest

from station.meter.evidence.safe_xml import read_evidence
from station.texts import say
from tests.commands.receipts.archive import BEGIN, END
from tests.web.browser import PHONE, Pages, saved, text_of, until_text

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(120)]


async def test_a_driver_sees_what_the_meter_signed_and_whether_it_fits(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/receipt/tx-1", size=PHONE)
        await until_text(page, ".total", "0.150 kWh")
        assert "Signature valid" in await text_of(page, ".seal")
        paper = await text_of(page, "#paper")
        for wanted in ("99.840 kWh", "100.000 kWh", BEGIN.meter_serial, BEGIN.public_key.hex(), "DE*ABC*E1234*1"):
            assert wanted in paper
        assert "S.A.F.E. 1.3 accepts this receipt." in paper
        assert "S.A.F.E. 1.4.1 does not accept this receipt. That says nothing about its signature." in paper
        await page.click("text=All checks")
        await until_text(page, ".checks", "The meter reports no error")


async def test_a_receipt_is_read_in_german_too(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/receipt/tx-1", language="de-DE")
        await until_text(page, ".total", "0,150 kWh")
        assert say("de", "receipt.signature.valid") in await text_of(page, ".seal")
        await page.click("text=English")
        await until_text(page, ".seal", "Signature valid")


async def test_the_files_for_transparency_software_hold_the_very_bytes(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/receipt/tx-1")
        evidence = read_evidence(await saved(page, "text=File for S.A.F.E."))
        assert [one.ocmf for one in evidence] == [BEGIN.ocmf, END.ocmf]
        assert json.loads(await saved(page, "text=File for Chargy"))


async def test_what_does_not_fit_is_not_dressed_up(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        pages.station.archive.spoil(
            "UPDATE records SET ocmf = CAST(replace(CAST(ocmf AS TEXT), '0.15', '9.15') AS BLOB)"
        )
        page = await pages.open("/receipt/tx-1")
        await until_text(page, ".seal .bad", "Signature not valid")
        assert "kWh" not in await text_of(page, ".paper-head")


async def test_a_session_that_runs_says_so(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/receipt/tx-2")
        await until_text(page, ".paper-head", "not over yet")


async def test_an_address_without_a_receipt_says_so(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/receipt/nothing", tolerated=("404",))
        await until_text(page, "#problem", "There is no receipt at this address.")


async def test_a_receipt_is_printed_in_black_without_buttons(tmp_path: Path) -> None:
    async with Pages(tmp_path) as pages:
        page = await pages.open("/receipt/tx-1", dark=True)
        await until_text(page, ".total", "0.150 kWh")
        await page.emulate_media(media="print")
        assert not await page.is_visible("text=Print")
        assert await page.evaluate("getComputedStyle(document.querySelector('.total')).color") == "rgb(0, 0, 0)"
        assert await page.pdf()
