"""Settings files for tests."""

import pathlib

SHIPPED = pathlib.Path(__file__).parents[2] / "config" / "station.toml"
PASSWORD = "correct horse battery"

MINIMAL = """
[station]
identity = "CS001"
vendor_name = "Example"
model = "Bench"

[csms]
url = "ws://127.0.0.1:9000/ocpp"
password = "correct horse battery"

[[line]]
name = "rs485"
port = "/dev/ttyMETER"

[[evse]]
id = 1
evse_id = "DE*ABC*E1"
max_current_a = 32
connector = "sType2"
[evse.meter]
type = "bsm-ws36a"
line = "rs485"
[evse.controller]
type = "phoenix-ev-cc"
line = "rs485"
"""

SECOND_EVSE = """
[[evse]]
id = 2
evse_id = "DE*ABC*E2"
max_current_a = 32
connector = "sType2"
[evse.meter]
type = "bsm-ws36a"
line = "rs485"
unit = 43
[evse.controller]
type = "phoenix-ev-cc"
line = "rs485"
unit = 2
"""

READER = """
[[reader]]
name = "front"
type = "serial-line"
port = "/dev/ttyREADER"
evses = [1]
"""


def changed(old, new, text=MINIMAL):
    assert old in text
    return text.replace(old, new, 1)
