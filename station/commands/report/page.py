"""The report for people: one page that needs nothing else, to be printed and signed."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from station.commands.report.facts import Outlet, Report
from station.commands.report.labels import label
from station.commands.report.masked import flat

STYLE: Final = """
:root{color-scheme:light}
body{font:10pt/1.4 sans-serif;margin:12mm auto;max-width:186mm;color:#000;background:#fff}
h1{font-size:17pt;margin:0 0 2mm}h2{font-size:12pt;margin:7mm 0 2mm;border-bottom:.3mm solid #000}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.8mm 2mm .8mm 0}
th{width:44mm;font-weight:normal;color:#444}td{overflow-wrap:anywhere}
.key{font-family:monospace;font-size:8.5pt}.warning{font-weight:bold}.failure{font-weight:bold;color:#a00}
.remedy{color:#444}section,tr{break-inside:avoid}.line{border-bottom:.2mm solid #000;height:9mm}
figure{margin:3mm 0}svg{max-width:100%}
"""
BLANKS: Final = ("Seals (numbers and places)", "Place and date", "Name", "Signature")
"""What only somebody on site can write."""


def as_html(report: Report) -> str:
    """Return the report as a page."""
    title = f"Commissioning report of {report.identity}"
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    body = "".join((f"<h1>{escape(title)}</h1>", *_sections(report)))
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _sections(report: Report) -> Iterator[str]:
    yield _section("Station", _table(_station(report)))
    for outlet in report.outlets:
        content = f"{_table(_outlet(outlet))}<figure>{label(outlet)}</figure>"
        yield _section(f"EVSE {outlet.evse_id}: {outlet.name}", content)
    yield _section("Checks", _table(_checks(report)))
    yield _section(f"Settings ({report.settings_file}, without secrets)", _table(_settings(report)))
    yield _section("To be filled in on site", _table((blank, '<div class="line"></div>') for blank in BLANKS))


def _station(report: Report) -> Iterator[tuple[str, str]]:
    yield "made", escape(f"{report.made_at:%Y-%m-%d %H:%M:%S} UTC")
    yield "by", escape(report.made_by)
    yield "identity", escape(report.identity)
    yield "vendor and model", escape(f"{report.vendor_name}, {report.model}")
    if report.serial_number:
        yield "serial number", escape(report.serial_number)
    yield "CSMS", escape(report.csms_url)
    yield "software", escape(f"bsm-station {report.software.version}, {report.software.files} files")
    yield "SHA-256 of the software", _code(report.software.sha256)


def _outlet(outlet: Outlet) -> Iterator[tuple[str, str]]:
    yield "connector", escape(f"{outlet.connector}, {outlet.phases} phases, at most {outlet.max_current_a} A")
    yield "charge controller", escape(outlet.controller)
    if outlet.page:
        yield "page for drivers", escape(outlet.page)
    meter = outlet.meter
    if meter is None:
        yield "meter", '<span class="failure">not met yet</span>'
        return
    yield "meter", escape(f"{meter.model or 'as remembered'}, serial {meter.serial}")
    if meter.unfit:
        yield "not fit for billing", f'<span class="failure">{escape(meter.unfit)}</span>'
    firmware = f"meter {meter.meter_firmware or '?'}, communication {meter.communication_firmware or '?'}"
    yield "firmware", escape(f"{firmware}; {'certified' if meter.certified else 'not known to be certified'}")
    if meter.firmware_hash:
        yield "SHA-256 of the firmware", _code(meter.firmware_hash)
    yield "public key, DER", _code(meter.public_key)
    yield "public key, OCA", _code(meter.public_key_oca)
    yield "SHA-256 of the key", _code(meter.fingerprint)


def _checks(report: Report) -> Iterator[tuple[str, str]]:
    for finding in report.findings:
        remedy = f'<div class="remedy">{escape(finding.remedy)}</div>' if finding.remedy else ""
        told = f'<span class="{finding.result.value}">{finding.result.value}</span>: {escape(finding.found)}{remedy}'
        yield f"{finding.group}, {finding.name}", told


def _settings(report: Report) -> Iterator[tuple[str, str]]:
    for name, value in flat(report.settings).items():
        yield name, escape(str(value))


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    """Return names and values; the values are HTML."""
    return f"<table>{''.join(f'<tr><th>{escape(name)}</th><td>{value}</td></tr>' for name, value in rows)}</table>"


def _code(text: str) -> str:
    return f'<span class="key">{escape(text)}</span>'
