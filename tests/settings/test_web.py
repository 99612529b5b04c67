"""What may be said about the status page."""

import pytest

from station.settings import WebSettings
from tests.settings.files import MINIMAL


def test_the_page_is_off_unless_it_is_switched_on(read):
    assert read(MINIMAL).web == WebSettings()
    assert not read(MINIMAL).web.enabled


def test_everything_that_is_said_about_the_page_is_taken(read, tmp_path):
    for name in ("web.pem", "web-key.pem"):
        (tmp_path / name).write_text("PEM")
    web = read(
        MINIMAL
        + """
[web]
enabled = true
host = "0.0.0.0"
port = 443
names = ["station.example"]
public_url = "https://station.example/"
certificate = "web.pem"
key = "web-key.pem"
language = "de"
currency = "CHF"
test_card = "TEST-1"
offer_receipts = "everybody"
metrics = false
[web.tariff]
de = "0,49 CHF/kWh"
"""
    ).web
    assert web == WebSettings(
        enabled=True,
        host="0.0.0.0",
        port=443,
        names=("station.example",),
        public_url="https://station.example",
        certificate=tmp_path / "web.pem",
        key=tmp_path / "web-key.pem",
        language="de",
        currency="CHF",
        test_card="TEST-1",
        offer_receipts="everybody",
        metrics=False,
        tariff={"de": "0,49 CHF/kWh"},
    )
    assert "TEST-1" not in repr(web)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('host = "localhost"', "web.host: 'localhost' is no address"),
        ("port = 70000", "web.port: 70000 is out of range"),
        ('names = ["http://x"]', "web.names: 'http://x' is not allowed"),
        ("names = [1]", "web.names: [1] is not allowed"),
        ('public_url = "ftp://x"', "web.public_url: 'ftp://x' is not allowed"),
        ('certificate = "gone.pem"', "web.certificate: "),
        ('language = "fr"', "web.language: 'fr' is not one of"),
        ('currency = "euro"', "web.currency: 'euro' is not allowed"),
        ('test_card = "a b"', "web.test_card: 'a b' is not allowed"),
        ('offer_receipts = "nobody"', "web.offer_receipts: 'nobody' is not one of"),
        ("metrics = 1", "web.metrics: "),
        ("colour = 1", "web.colour: "),
    ],
)
def test_what_cannot_be_is_told_with_its_key(problems, line, problem):
    assert any(found.startswith(problem) for found in problems(f"{MINIMAL}[web]\n{line}\n"))


def test_a_certificate_needs_its_key(problems, tmp_path):
    (tmp_path / "web.pem").write_text("PEM")
    assert problems(f'{MINIMAL}[web]\ncertificate = "web.pem"\n') == [
        "web.key: is missing; certificate and key belong together"
    ]


def test_receipts_are_offered_at_the_station_only_unless_somebody_says_otherwise(read):
    web = read(f"{MINIMAL}[web]\nenabled = true\n").web
    assert (web.offer_receipts, web.metrics) == ("kiosk", True)
