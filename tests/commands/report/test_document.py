"""The report for programs."""

import json
from dataclasses import replace

from station.commands.report.document import as_json
from tests.commands.report.made import KEY, METER, OUTLET, report


def test_everything_that_matters_stands_in_it():
    told = json.loads(as_json(report()))
    assert told["made_at"] == "2026-12-01T12:00:00Z"
    assert told["software"] == {"name": "bsm-station", "version": "0.1.0", "sha256": "cafe", "files": 3}
    assert told["station"]["identity"] == "STATION-1"
    (evse,) = told["evses"]
    assert (evse["name"], evse["meter"]["serial"]) == ("DE*ABC*E1", "001BZR1521070001")
    assert evse["meter"]["public_key"] == KEY
    assert evse["meter"]["public_key_oca"] == f"oca:base16:asn1:{KEY}"
    assert evse["meter"]["public_key_sha256"] == METER.fingerprint
    assert told["settings"]["csms"]["password"] == "***"
    assert told["checks"][1] == {
        "group": "computer",
        "name": "disk",
        "result": "failure",
        "found": "<full>",
        "remedy": "make room",
    }


def test_a_meter_that_was_never_met_is_null():
    told = json.loads(as_json(report(outlets=(replace(OUTLET, meter=None),))))
    assert told["evses"][0]["meter"] is None
