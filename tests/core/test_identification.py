"""Who charges, in the words of a signing meter."""

import pytest

from station.core.identification import request_of
from station.core.tokens import IdToken, Source

CARD = IdToken("04A1B2C3", "ISO14443")


@pytest.mark.parametrize(
    ("token", "source", "remote", "level", "flags", "kind"),
    [
        (CARD, Source.CSMS, False, "HEARSAY", ["RFID_PLAIN", "OCPP_AUTH"], "ISO14443"),
        (CARD, Source.CACHE, False, "HEARSAY", ["RFID_PLAIN", "OCPP_CACHE"], "ISO14443"),
        (CARD, Source.LOCAL_LIST, False, "HEARSAY", ["RFID_PLAIN", "OCPP_WHITELIST"], "ISO14443"),
        (CARD, Source.NOBODY, False, "HEARSAY", ["RFID_PLAIN", "OCPP_NONE"], "ISO14443"),
        (CARD, Source.CSMS, True, "TRUSTED", ["OCPP_RS", "OCPP_AUTH"], "ISO14443"),
        (IdToken("app-1", "Central"), Source.NOBODY, True, "TRUSTED", ["OCPP_RS"], "CENTRAL"),
        (IdToken("DE1", "eMAID"), Source.CSMS, False, "HEARSAY", ["OCPP_AUTH"], "EMAID"),
        (IdToken("1234", "KeyCode"), Source.CSMS, False, "HEARSAY", ["OCPP_AUTH"], "KEY_CODE"),
    ],
)
def test_who_is_named_by_whose_word_and_how_far_that_goes(
    token: IdToken, source: Source, remote: bool, level: str, flags: list[str], kind: str
) -> None:
    request = request_of(token, source, remote=remote, evse_name="DE*ABC*E1", transaction_id="t-1")
    assert (request.identification_status, request.identification_data) == ("ASSIGNED", token.value)
    assert (request.identification_level, list(request.identification_flags)) == (level, flags)
    assert request.identification_type == kind
    assert (request.evse_id, request.transaction_id) == ("DE*ABC*E1", "t-1")


@pytest.mark.parametrize("token", [None, IdToken("", "NoAuthorization")])
def test_a_transaction_for_nobody_is_not_assigned(token: IdToken | None) -> None:
    request = request_of(token, Source.NOBODY, remote=False, evse_name="E1", transaction_id="t-1")
    assert (request.identification_status, request.identification_level) == ("NOT_ASSIGNED", "NONE")
    assert request.identification_type == "NONE"
