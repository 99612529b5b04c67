"""The section about the status page."""

import ipaddress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from station.hardware.scanners import IDENTIFIER
from station.settings.toml_reader import Table
from station.settings.values import WebSettings

LANGUAGES: Final = ("en", "de")
KIOSK, EVERYBODY = "kiosk", "everybody"
NAME: Final = r"[A-Za-z0-9]([A-Za-z0-9.\-]*[A-Za-z0-9])?"
NAME_ALLOWED: Final = "a host name or an address is, without scheme and port"


def read_web(table: Table, path: Path) -> WebSettings:
    """Return what `[web]` says; relative files are beside `path`."""
    default = WebSettings()
    settings = WebSettings(
        enabled=table.flag("enabled", default=default.enabled),
        host=_host(table, default.host),
        port=table.integer("port", default.port, lowest=0, highest=65535),
        names=table.texts("names", pattern=NAME, allowed=NAME_ALLOWED),
        public_url=_public_url(table),
        certificate=_file(table, "certificate", path),
        key=_file(table, "key", path),
        language=table.text("language", default.language, choices=LANGUAGES),
        tariff=_tariff(table.table("tariff")),
        currency=table.text("currency", default.currency, pattern="[A-Z]{3}", allowed="three capital letters are"),
        test_card=table.text(
            "test_card", "", pattern=IDENTIFIER.pattern, allowed="1 to 36 letters, digits and - are"
        ),
        offer_receipts=table.text("offer_receipts", default.offer_receipts, choices=(KIOSK, EVERYBODY)),
        metrics=table.flag("metrics", default=default.metrics),
    )
    if (settings.certificate is None) != (settings.key is None):
        missing = "key" if settings.key is None else "certificate"
        table.wrong(missing, "is missing; certificate and key belong together")
    table.close()
    return settings


def _host(table: Table, default: str) -> str:
    host = table.text("host", default)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        table.wrong("host", f"{host!r} is no address; write 127.0.0.1 (this computer only), 0.0.0.0 or :: (all)")
    return host


def _public_url(table: Table) -> str:
    url = table.text("public_url", "").rstrip("/")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        table.wrong("public_url", f"{url!r} is not allowed; write https://host or https://host/path")
    return url


def _file(table: Table, key: str, path: Path) -> Path | None:
    name = table.text(key, "")
    if not name:
        return None
    file = path.parent / name
    if not file.is_file():
        table.wrong(key, f"{file} is no file; it has to hold PEM")
    return file


def _tariff(table: Table) -> dict[str, str]:
    texts = {language: table.text(language, "", shortest=0, longest=500) for language in LANGUAGES}
    table.close()
    return {language: text for language, text in texts.items() if text}
