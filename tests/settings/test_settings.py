"""A configuration is taken as a whole or refused with every problem named."""

import dataclasses
import pathlib
import re
import tomllib

import pytest

from station.core.metadata import Templates, TooLong
from station.core.variables import HEARTBEAT_INTERVAL
from station.errors import SettingsError
from station.meter.port import Switching
from station.secret import Secret
from station.settings import BaySettings, load
from tests.meter.vectors import DEMO_KEY
from tests.settings.files import MINIMAL, PASSWORD, READER, SECOND_EVSE, SHIPPED, changed


def test_the_shipped_configuration_loads():
    settings = load(SHIPPED)
    assert settings.evses[0].meter.type == "bsm-ws36a"
    assert settings.readers[0].evses == (1,)


def test_the_shipped_configuration_shows_every_key():
    """Commented keys are switched on, so that each of them is checked as well."""
    text = re.sub(r"^# (\w+ = |\"\w+\.|\[)", r"\1", SHIPPED.read_text(), flags=re.MULTILINE)
    shown = tomllib.loads(text)
    settings = load(SHIPPED)
    for section, values, renamed in (
        ("station", settings.station, {}),
        ("csms", settings.csms, {}),
        ("security", settings.security, {}),
        ("log", settings.log, {}),
        ("metadata", settings.metadata, {}),
        ("line", settings.lines[0], {}),
        ("evse", settings.evses[0], {"name": "evse_id"}),
        ("reader", settings.readers[0], {}),
        ("display", settings.display, {}),
        ("web", settings.web, {}),
    ):
        table = shown[section][0] if isinstance(shown[section], list) else shown[section]
        keys = {renamed.get(field.name, field.name) for field in dataclasses.fields(values)}
        assert keys <= set(table), section
    for device in ("meter", "controller"):
        fields = dataclasses.fields(getattr(settings.evses[0], device))
        assert {field.name for field in fields} == set(shown["evse"][0][device])
    assert {field.name for field in dataclasses.fields(BaySettings)} == set(shown["evse"][0]["bay"])
    assert "password_file" in shown["csms"]
    assert shown["variables"]
    assert shown["vendors"]


def test_the_examples_of_variables_in_the_shipped_configuration_are_right(read):
    _, _, section = SHIPPED.read_text().partition("[variables]\n")
    examples = re.findall(r"^# (\"\w+\..+)$", section, flags=re.MULTILINE)
    assert len(examples) == 4
    assert len(read(MINIMAL + "[variables]\n" + "\n".join(examples)).variables) == 4


def test_what_is_not_said_has_its_default(read, tmp_path):
    settings = read(MINIMAL)
    assert settings.station.serial_number is None
    assert settings.station.state_dir == pathlib.Path("/var/lib/station")
    assert (settings.csms.security_profile, settings.csms.compression) == (1, True)
    assert (settings.log.level, settings.log.format, settings.log.wire) == ("info", "console", False)
    assert not settings.station.trust_clock
    assert settings.receipts.keep_days == 0
    assert settings.metadata == Templates()
    assert (settings.lines[0].baud_rate, settings.lines[0].parity) == (19200, "E")
    meter, controller = settings.evses[0].meter, settings.evses[0].controller
    assert (meter.unit, meter.public_key, meter.require_time, meter.timezone) == (42, None, True, "system")
    assert meter.switching is Switching.METER
    assert (controller.unit, controller.fixed_cable) == (1, False)
    assert settings.evses[0].phases == 3
    assert settings.readers == ()
    assert dict(settings.variables) == {}


def test_everything_that_is_said_is_taken(read, tmp_path):
    settings = read(
        changed(
            'line = "rs485"',
            f'line = "rs485"\npublic_key = "{DEMO_KEY.hex()}"\ntimezone = "UTC"\nrequire_time = false\n'
            'switching = "external"',
        )
        + READER
        + SECOND_EVSE
        + '[metadata]\nmeta1 = "id:{id_token}"\nmeta3 = ""\ntoo_long = "hash"\n'
        + "[receipts]\nkeep_days = 3650\n"
        + '[log]\nlevel = "debug"\nformat = "json"\nwire = true\n'
    )
    assert settings.path == tmp_path / "station.toml"
    assert settings.evses[0].meter.public_key == DEMO_KEY
    assert settings.evses[0].meter.switching is Switching.EXTERNAL
    assert settings.receipts.keep_days == 3650
    assert settings.evses[0].meter.timezone == "UTC"
    assert not settings.evses[0].meter.require_time
    assert [evse.id for evse in settings.evses] == [1, 2]
    assert settings.metadata == Templates("id:{id_token}", "evse-id: {evse_id}", "", TooLong.HASH)
    assert (settings.log.level, settings.log.format, settings.log.wire) == ("debug", "json", True)


def test_relative_paths_are_beside_the_file(read, tmp_path):
    (tmp_path / "csms-password").write_text(PASSWORD + "\n")
    text = changed(f'password = "{PASSWORD}"', 'password_file = "csms-password"')
    text = changed('model = "Bench"', 'model = "Bench"\nstate_dir = "state"', text)
    text = changed('port = "/dev/ttyMETER"', 'port = "meter1"', text)
    settings = read(text + changed('port = "/dev/ttyREADER"', 'port = "../reader1"', READER))
    assert settings.station.state_dir == tmp_path / "state"
    assert settings.lines[0].port == str(tmp_path / "meter1")
    assert settings.readers[0].port == str(tmp_path / "../reader1")
    assert settings.csms.password == Secret(PASSWORD)


def test_settings_cannot_be_changed_and_do_not_show_the_password(read):
    settings = read(MINIMAL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.station.identity = "other"
    with pytest.raises(TypeError):
        settings.variables[HEARTBEAT_INTERVAL.address] = "1"
    assert PASSWORD not in repr(settings)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('identity = "CS001"', "", "station.identity: is missing; write a text"),
        (
            'identity = "CS001"',
            'identity = "CS:1"',
            "station.identity: 'CS:1' is not allowed; letters, digits and * - _ = + | @ . are"
            " (no colon: it is a user name as well)",
        ),
        (
            'identity = "CS001"',
            f'identity = "{"x" * 49}"',
            "station.identity: has 49 characters; 1 to 48 are allowed",
        ),
        ('model = "Bench"', "model = 7", "station.model: is a whole number; write a text"),
        (
            'model = "Bench"',
            'modle = "Bench"\nmodel = "B"',
            "station.modle: is unknown; did you mean model?;"
            " known here: serial_number, identity, vendor_name, model, state_dir, trust_clock",
        ),
        (
            "[station]",
            "[statoin]\n[station]",
            "statoin: is unknown; did you mean station?;"
            " known here: station, csms, security, vendors, log, receipts, metadata, line, evse, reader, display,"
            " web, input, output, led, variables",
        ),
        (
            'url = "ws://127.0.0.1:9000/ocpp"',
            'url = "http://127.0.0.1/"',
            "csms.url: 'http://127.0.0.1/' is not allowed; write ws://host:port/path or wss://host:port/path",
        ),
        (
            'url = "ws://127.0.0.1:9000/ocpp"',
            'url = "ws://h:x/"',
            "csms.url: 'ws://h:x/' is no URL: Port could not be cast to integer value as 'x'",
        ),
        (
            'url = "ws://127.0.0.1:9000/ocpp"',
            'url = "ws://h/?a=b"',
            "csms.url: 'ws://h/?a=b' must end with its path, because the identity is appended to it",
        ),
        (
            'password = "correct horse battery"',
            "",
            "csms.password: is missing; security profile 1 needs password or password_file",
        ),
        (
            'password = "correct horse battery"',
            "security_profile = 0",
            "csms.security_profile: 0 sends everything to whoever answers; use 1 with a password, or say that this is"
            " meant with allow_plain_without_password = true",
        ),
        ("max_current_a = 32", "max_current_a = 64", "evse[1].max_current_a: 64 is out of range; 6 to 63 is allowed"),
        ("max_current_a = 32", "max_current_a = 5", "evse[1].max_current_a: 5 is out of range; 6 to 63 is allowed"),
        (
            "max_current_a = 32",
            "max_current_a = true",
            "evse[1].max_current_a: is true or false; write a whole number",
        ),
        ("max_current_a = 32", "max_current_a = 32\nphases = 2", "evse[1].phases: 2 is not one of 1, 3"),
        ("id = 1", "id = 2", "evse[1].id: 2 leaves a gap; ids run from 1 to 1"),
        ("id = 1", "id = 0", "evse[1].id: 0 is out of range; 1 to 2147483647 is allowed"),
        (
            'type = "bsm-ws36a"',
            'type = "bsm-ws36"',
            "evse[1].meter.type: 'bsm-ws36' is not one of bsm-ws36a; did you mean bsm-ws36a?",
        ),
        (
            'line = "rs485"',
            'line = "rs484"',
            "evse[1].meter.line: there is no line 'rs484'; did you mean rs485?; lines are rs485",
        ),
        (
            'line = "rs485"',
            'line = "rs485"\nunit = 248',
            "evse[1].meter.unit: 248 is out of range; 1 to 247 is allowed",
        ),
        (
            'line = "rs485"',
            'line = "rs485"\nunit = 1',
            "evse[1].controller.unit: 1 is taken on line 'rs485' by evse[1].meter.unit",
        ),
        (
            'line = "rs485"',
            'line = "rs485"\npublic_key = "04aabb"',
            "evse[1].meter.public_key: a P-256 public key is expected: DER or uncompressed point, in hex or Base64,"
            " or oca:base16:asn1:<hex>; got '04aabb'; `station meter key` shows the meter's own",
        ),
        (
            'line = "rs485"',
            'line = "rs485"\nswitching = "both"',
            "evse[1].meter.switching: 'both' is not one of meter, external",
        ),
        (
            'line = "rs485"',
            'line = "rs485"\ntimezone = "Europe/Berln"',
            "evse[1].meter.timezone: 'Europe/Berln' is unknown here; did you mean Europe/Berlin?;"
            " write a name such as Europe/Berlin, or system",
        ),
        (
            'name = "rs485"',
            'name = "rs485"\nparity = "evn"',
            "line[1].parity: 'evn' is not one of none, even, odd; did you mean even?",
        ),
        (
            'name = "rs485"',
            'name = "rs485"\nbaud_rate = 19201',
            "line[1].baud_rate: 19201 is not one of 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400,"
            " 460800, 921600",
        ),
        (
            'port = "/dev/ttyMETER"',
            'port = "udp://10.0.0.7:502"',
            "line[1].port: 'udp://10.0.0.7:502' is not allowed; write the path of a serial port, such as"
            " /dev/ttyMETER, or tcp://host:502 for Modbus TCP",
        ),
        ("[[line]]", "[line]", "line: is a table; write a list"),
        ("[station]", "reader = [1]\n[station]", "reader: is a list of values; begin each entry with [[reader]]"),
        (
            "[csms]",
            '[metadata]\ntoo_long = "cut"\n[csms]',
            "metadata.too_long: 'cut' is not one of error, hash",
        ),
        ("[csms]", "[log]\nwire = 1\n[csms]", "log.wire: is a whole number; write true or false"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_what_is_allowed(problems, old, new, problem):
    told = problems(changed(old, new))
    assert problem in told
    assert len(told) <= 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (changed('port = "/dev/ttyREADER"', 'port = "/dev/ttyMETER"', READER), "reader[1].port"),
        (changed("evses = [1]", "evses = [2]", READER), "reader[1].evses: there is no EVSE 2; EVSEs are 1"),
        (changed("evses = [1]", "", READER), "reader[1].evses: is missing; write a list"),
        (changed("evses = [1]", "evses = []", READER), "reader[1].evses: [] is not allowed; write a list of whole"),
        (changed("evses = [1]", 'evses = ["1"]', READER), "reader[1].evses: ['1'] is not allowed; write a list of"),
        (READER + READER, "reader[2].name: 'front' is there twice; give each reader its own name"),
        (changed("id = 2", "id = 1", SECOND_EVSE), "evse[2].id: 1 is there twice"),
        (
            changed("unit = 43", "unit = 42", SECOND_EVSE),
            "evse[2].meter.unit: 42 is taken on line 'rs485' by evse[1]",
        ),
        ('[[line]]\nname = "rs485"\nport = "/dev/b"\n', "line[2].name: 'rs485' is there twice"),
        ('[[line]]\nname = "b"\nport = "/dev/ttyMETER"\n', "line[2].port: '/dev/ttyMETER' is taken by line[1].port"),
    ],
)
def test_sections_that_contradict_each_other_are_told(problems, text, problem):
    assert any(line.startswith(problem) for line in problems(MINIMAL + text))


def test_all_problems_are_told_at_once(problems):
    text = changed('identity = "CS001"', 'identity = "a b"')
    text = changed("max_current_a = 32", "max_current_a = 99", text)
    told = problems(text + READER.replace("[1]", "[5]") + '[variables]\n"A.B" = 1\n')
    assert [line.split(": ")[0] for line in told] == [
        "station.identity",
        "evse[1].max_current_a",
        "variables.A.B",
        "reader[1].evses",
    ]


def test_an_empty_file_lacks_what_a_station_needs(problems):
    told = [line.split(":")[0] for line in problems("")]
    assert {"station", "csms", "line", "evse"} <= set(told)


def test_a_file_that_is_not_toml_is_told_with_the_place(problems):
    assert re.fullmatch(r"is not TOML: .*\(at line 2, column 3\)", problems("[station]\na b")[0])


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SettingsError, match=r"nowhere\.toml: cannot be read: No such file"):
        load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("password", ["s3cret", "s3cret" * 20, "s3cret\\n0123456789"])
def test_a_wrong_password_is_told_without_showing_it(problems, password):
    (told,) = problems(changed(PASSWORD, password))
    assert told.startswith("csms.password: ")
    assert told.endswith("16 to 64 printable characters are allowed")
    assert "s3cret" not in told


def test_a_password_in_the_address_is_refused_without_showing_it(problems):
    (told,) = problems(changed("ws://", "ws://user:s3cret@"))
    assert told.startswith("csms.url: must not hold a user or password")
    assert "s3cret" not in told


def test_a_password_file_that_is_missing_or_stands_beside_a_password_is_told(problems, tmp_path):
    (told,) = problems(changed(f'password = "{PASSWORD}"', 'password_file = "nowhere"'))
    assert told == f"csms.password_file: {tmp_path}/nowhere cannot be read: No such file or directory"
    (tmp_path / "binary").write_bytes(b"\xff" * 20)
    (told,) = problems(changed(f'password = "{PASSWORD}"', 'password_file = "binary"'))
    assert told.startswith(f"csms.password_file: {tmp_path}/binary is no text")
    (tmp_path / "there").write_text(PASSWORD)
    (told,) = problems(changed("password =", 'password_file = "there"\npassword ='))
    assert told == "csms.password_file: stands beside password; keep one of them"
