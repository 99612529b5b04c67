"""The whole station in a real browser: bench, daemon, CSMS and pages, from the card to the receipt."""

import asyncio
import socket
from pathlib import Path

import pytest

from simulators.bench.settings import plain
from station.ocpp.reader_manners import DOUBLE_READ_S
from tests.flows.house import SETTINGS, House
from tests.web.browser import PHONE, Window, browser, text_of, until_text
from tests.web.house import keep_password

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(120)]

WEB = """
[web]
enabled = true
port = {port}
test_card = "TEST-1"
[web.tariff]
en = "EUR 0.49 per kWh"
de = "0,49 EUR je kWh"
"""


async def test_a_driver_charges_and_verifies_the_receipt_and_an_operator_watches(tmp_path: Path) -> None:
    url, settings = web(SETTINGS)
    bench = plain(tmp_path, time_scale=0.05, energy_scale=600)
    async with House(tmp_path, settings=settings, bench=bench) as house, browser() as chromium:
        keep_password(tmp_path / "state")
        window = Window(chromium, url)
        driver = await window.open("/", size=PHONE)
        await until_text(driver, ".state-name", "Free")
        assert await text_of(driver, "#tariff") == "EUR 0.49 per kWh"
        operator = await window.operate()
        await until_text(operator, ".obstacle", "Why is it not charging?")
        house.plug()
        await until_text(driver, ".state-name", "Plugged in")
        house.swipe()
        await until_text(driver, ".state-name", "Charging")
        await until_text(driver, ".values dd", "kWh")
        await until_text(operator, ".headline.go", "It is charging.")
        await operator.goto(f"{url}/operator#messages")
        await until_text(operator, ".log", "TransactionEvent")
        await asyncio.sleep(DOUBLE_READ_S)  # a card that comes again at once counts as left at the reader
        house.swipe()
        await until_text(driver, ".state-name", "Finished")
        await driver.click("text=Open the receipt")
        await until_text(driver, ".seal", "Signature valid")
        await until_text(driver, ".total", "kWh")
        await operator.goto(f"{url}/operator#receipts")
        await operator.click("text=Verify")
        await until_text(operator, ".verdict", "Signature valid")
        window.judge()


async def test_what_broke_is_named_to_driver_and_operator(tmp_path: Path) -> None:
    url, settings = web(SETTINGS)
    bench = plain(tmp_path, time_scale=0.05, energy_scale=600)
    async with House(tmp_path, settings=settings, bench=bench) as house, browser() as chromium:
        keep_password(tmp_path / "state")
        window = Window(chromium, url)
        driver, operator = await window.open("/", language="de-DE"), await window.operate()
        await until_text(driver, ".state-name", "Frei")
        house.fault("controller_rcm_tripped")
        await until_text(driver, ".state-name", "Gestört")
        await until_text(driver, ".why", "Fehlerstrom")
        await until_text(operator, ".obstacle.bad", "residual current")
        house.fault("controller_rcm_tripped", False)
        await until_text(driver, ".state-name", "Frei")
        window.judge()


def web(settings: str) -> tuple[str, str]:
    """Return the address of a page, and settings with it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return f"http://127.0.0.1:{port}", settings + WEB.replace("{port}", str(port))
