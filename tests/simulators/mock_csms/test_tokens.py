import pytest

from simulators.mock_csms.errors import RequestError
from simulators.mock_csms.tokens import Tokens, checked, entry

GROUP = {"idToken": "FLEET", "type": "Central"}


def test_who_is_not_listed_is_accepted() -> None:
    assert Tokens().info("04AA") == {"status": "Accepted"}


def test_information_without_a_status_is_accepted() -> None:
    assert Tokens({"04aa": {"groupIdToken": GROUP}}).info("04AA") == {"status": "Accepted", "groupIdToken": GROUP}


def test_what_was_said_can_be_taken_back() -> None:
    tokens = Tokens({"*": "Unknown"})
    tokens.put("04aa", "Blocked")
    assert tokens.info("04AA") == {"status": "Blocked"}
    assert tokens.forget("04Aa")
    assert tokens.info("04AA") == {"status": "Unknown"}
    assert not tokens.forget("04AA")


@pytest.mark.parametrize("info", [5, None, "Fine", {"status": "Fine"}, {"cacheExpiryDateTime": "soon"}])
def test_what_no_csms_may_say_is_refused(info: object) -> None:
    with pytest.raises(RequestError):
        checked(info)


def test_what_a_csms_may_say_is_taken_as_it_is() -> None:
    message = {"format": "UTF8", "content": "Hello"}
    info = {
        "evseId": [1],
        "language1": "de",
        "personalMessage": message,
        "cacheExpiryDateTime": "2026-01-01T00:00:00Z",
    }
    assert checked(info) == info
    assert checked("Blocked") == "Blocked"


def test_without_information_a_token_is_taken_off_the_list() -> None:
    token = {"idToken": "04AA", "type": "ISO14443"}
    assert entry("04AA", "Blocked") == {"idToken": token, "idTokenInfo": {"status": "Blocked"}}
    assert entry("04AA", None) == {"idToken": token}
