"""What a log must not show."""

import pytest

from station.ocpp.redaction import Shown, hush, hushed, redacted


@pytest.mark.parametrize(
    "text",
    [
        '[2,"a","Authorize",{"idToken":{"idToken":"SECRET","type":"ISO14443"}}]',
        '[2,"a","Authorize",{"idToken" : {"idToken" :\t"SECRET"}}]',
        '{"additionalIdToken":"SECRET","type":"x"}',
        '{"idToken":"SEC\\"SECRET","type":"x"}',
        '{"idToken":"SECRET',
        '{"data":"{\\"idToken\\":\\"SECRET\\",\\"x\\":1}"}',
        "{'idToken': 'SECRET'}",
        '{"signedMeterData":"SECRET"}',
        '{"customerIdentifier":"SECRET"}',
        '{"vpn":{"password":"SECRET","key":"SECRET"}}',
        '{"apnPassword":"SECRET"}',
        '{"attributeValue":"SECRET","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}',
        '{"remoteLocation":"ftp://me:SECRET@example.com/log"}',
        '{"remoteLocation":"https://example.com/log?signature=SECRET"}',
        '{"idToken":SECRET,"type":"x"}',
        "{idToken: SECRET}",
        '{"IDTOKEN" : "SECRET"}',
        '{"idToken":\n"SECRET"',
        "Authorization: Basic SECRETSECRET==",
    ],
)
def test_the_log_learns_neither_tokens_nor_passwords(text: str) -> None:
    shown = redacted(text)
    assert "SECRET" not in shown
    assert "***" in shown


def test_the_pin_of_a_sim_card_is_hidden() -> None:
    assert redacted('{"simPin":1234,"x":1}') == '{"simPin":"***","x":1}'


def test_a_frame_without_secrets_is_shown_as_it_is() -> None:
    text = (
        '[2,"a","SetVariables",{"setVariableData":[{"attributeValue":"30","variable":{"name":"HeartbeatInterval"}}]}]'
    )
    assert redacted(text) == text


CARD = {"idToken": {"idToken": "04a2b3c4", "type": "ISO14443"}, "customData": {"vendorId": "v"}}
PASSWORD = {
    "setVariableData": [
        {
            "attributeValue": "Correct Horse",
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "BasicAuthPassword"},
        },
        {"attributeValue": "300", "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}},
    ]
}


@pytest.mark.parametrize(
    ("text", "payload", "shown"),
    [
        ("no card 04A2B3C4 here", CARD, "no card *** here"),
        ("card 04a2b3c4 of 04A2B3C4", CARD, "card *** of ***"),
        ("correct horse is too short, not 300 long", PASSWORD, "*** is too short, not 300 long"),
        ("pin 1234", {"apn": {"simPin": 1234}}, "pin ***"),
        ("nothing", {"idToken": {"idToken": "", "type": "NoAuthorization"}}, "nothing"),
        ('and {"idToken":"other"}', CARD, 'and {"idToken":"***"}'),
        ("as it was", None, "as it was"),
    ],
)
def test_who_repeats_a_secret_of_the_request_is_hushed(text: str, payload: object, shown: str) -> None:
    assert hushed(text, payload) == shown


def test_an_error_and_those_before_it_say_no_secret() -> None:
    error, cause = RuntimeError("no 04a2b3c4", 7, b"04A2B3C4"), KeyError("04A2B3C4")
    error.__cause__ = cause
    hush(error, CARD)
    assert error.args == ("no ***", 7, "b'***'")
    assert cause.args == ("***",)


def test_errors_that_lead_to_each_other_are_no_trap() -> None:
    first, second = ValueError("04A2B3C4"), ValueError("04A2B3C4")
    first.__cause__, second.__cause__ = second, first
    hush(first, CARD)
    assert first.args == second.args == ("***",)


def test_a_frame_is_shown_in_one_line_whatever_it_holds() -> None:
    assert repr(Shown("[\n2\x1b[31m\u2028]")) == "[\\x0a2\\x1b[31m\\x2028]"
    assert repr(Shown(b"\x00")) == "1 bytes"


@pytest.mark.parametrize("tail", ['"who is SECRET?",{"text":"SECRET"}]', '"SECRET"]', '"SECRET', "7,{}]"])
def test_a_refusal_is_shown_without_its_words(tail: str) -> None:
    assert repr(Shown(f'[4, "id" ,"GenericError",{tail}')) == '[4, "id" ,"GenericError",***]'


def test_a_text_that_is_made_to_take_long_is_shown_within_the_time_of_any_other() -> None:
    # Of the square of its length each of these would take minutes.
    for piece in ("://", "://a?", '"value":', "password=", "https://x?y "):
        assert redacted(piece * (300_000 // len(piece)))
