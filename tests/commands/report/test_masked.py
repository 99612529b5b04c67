"""Settings without secrets."""

import tomllib

import pytest

from station.commands.report.masked import flat, masked
from tests.settings.files import SHIPPED

SECRETS = """
[csms]
url = "wss://csms.example"
password = "correct horse battery"
password_file = "csms-password"
proxy = "http://user:secret-of-the-proxy@10.0.0.1:3128"
[[reader]]
id_token = "START-BUTTON"
token_type = "Local"
[reader.options]
pin = "1234"
[web]
key = "web-key.pem"
test_card = "TEST-1"
[variables]
"SecurityCtrlr.BasicAuthPassword" = "another horse battery"
AuthCtrlr.MasterPassGroupId = "POLICE"
"""


def test_what_opens_a_door_or_names_a_person_is_masked():
    found = flat(masked(tomllib.loads(SECRETS)))
    assert found == {
        "csms.url": "wss://csms.example",
        "csms.password": "***",
        "csms.password_file": "csms-password",
        "csms.proxy": "http://***@10.0.0.1:3128",
        "reader[1].id_token": "***",
        "reader[1].token_type": "Local",
        "reader[1].options.pin": "***",
        "web.key": "web-key.pem",
        "web.test_card": "***",
        "variables.SecurityCtrlr.BasicAuthPassword": "***",
        "variables.AuthCtrlr.MasterPassGroupId": "***",
    }


def test_what_is_no_secret_stays_as_it_is():
    document = tomllib.loads(SHIPPED.read_text())
    assert masked(document) == document


@pytest.mark.parametrize("name", ["public_key", "client_key", "meter", "meta1", "type"])
def test_names_that_only_sound_so_are_none(name):
    assert masked({name: "open"}) == {name: "open"}
