"""The report for programs."""

import json
from dataclasses import asdict
from typing import Any

from station.commands.doctor.show import document as finding_document
from station.commands.report.facts import Meter, Report
from station.core.powermeter import to_json


def as_json(report: Report) -> str:
    """Return the report as one JSON object."""
    return json.dumps(as_document(report), indent=2, ensure_ascii=False, default=str) + "\n"


def as_document(report: Report) -> dict[str, Any]:
    """Return the report as JSON data."""
    return {
        "made_at": to_json(report.made_at),
        "made_by": report.made_by,
        "software": {"name": "bsm-station", **asdict(report.software)},
        "station": {
            "identity": report.identity,
            "vendor_name": report.vendor_name,
            "model": report.model,
            "serial_number": report.serial_number,
            "csms_url": report.csms_url,
        },
        "evses": [{**asdict(outlet), "meter": _meter(outlet.meter)} for outlet in report.outlets],
        "settings_file": report.settings_file,
        "settings": dict(report.settings),
        "checks": [finding_document(finding) for finding in report.findings],
    }


def _meter(meter: Meter | None) -> dict[str, Any] | None:
    if meter is None:
        return None
    return {
        **asdict(meter),
        "public_key_oca": meter.public_key_oca,
        "public_key_sha256": meter.fingerprint,
    }
