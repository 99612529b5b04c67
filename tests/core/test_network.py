"""What a network profile may say, and which one is tried next."""

from typing import Any

import pytest

from station.core.network import NetworkProfile, choose, may_change_security, plain_profile, problem_with


def profile(slot: int = 1, **changes: Any) -> NetworkProfile:
    made = plain_profile(slot, url="wss://csms.example/ocpp", security_profile=2, message_timeout_s=30)
    return NetworkProfile(slot, {**made.document, **changes})


def test_a_profile_says_where_how_safely_and_how_patiently() -> None:
    made = profile(2)
    assert (made.slot, made.url, made.security_profile, made.message_timeout_s) == (
        2,
        "wss://csms.example/ocpp",
        2,
        30,
    )


def test_a_profile_does_not_show_its_secrets() -> None:
    assert "s3cret" not in repr(profile(apn={"apnPassword": "s3cret"}))


# Which comes next.

FIRST, SECOND, THIRD = profile(1), profile(2), profile(3)


def tried(count: int, **search: Any) -> list[int]:
    return [choose(failed, **search).profile.slot for failed in range(count)]


@pytest.mark.ocpp("B10.FR.03", "B10.FR.04", "A05.FR.05")
def test_each_profile_gets_its_attempts_in_the_order_of_the_list() -> None:
    assert tried(6, order=[SECOND, FIRST], attempts=3, last_good=None) == [2, 2, 2, 1, 1, 1]


@pytest.mark.ocpp("B10.FR.07", "B10.FR.08", "B10.FR.09")
def test_after_the_list_comes_what_worked_last_and_then_the_list_again_for_ever() -> None:
    search: dict[str, Any] = {"order": [SECOND, FIRST], "attempts": 2, "last_good": THIRD}
    assert tried(12, **search) == [2, 2, 1, 1, 3, 3] * 2
    assert choose(6_000_000, **search).profile == SECOND


@pytest.mark.ocpp("B10.FR.08", "B10.FR.09")
def test_a_station_that_was_never_connected_begins_its_list_again() -> None:
    assert tried(5, order=[FIRST, SECOND], attempts=1, last_good=None) == [1, 2, 1, 2, 1]


def test_a_single_profile_is_tried_for_ever() -> None:
    assert set(tried(50, order=[FIRST], attempts=3, last_good=FIRST)) == {1}


@pytest.mark.ocpp("A02.FR.28", "A03.FR.24")
def test_the_turn_changes_when_the_whole_list_has_failed() -> None:
    turns = [choose(failed, order=[FIRST, SECOND], attempts=2, last_good=THIRD).turn for failed in range(18)]
    assert turns == [0] * 4 + [1] * 2 + [1] * 4 + [2] * 2 + [2] * 4 + [3] * 2


def test_no_attempts_at_all_count_as_one() -> None:
    assert tried(3, order=[FIRST, SECOND], attempts=0, last_good=None) == [1, 2, 1]


# What it may say.


@pytest.mark.ocpp("B09.FR.01")
@pytest.mark.parametrize(
    ("security", "url"),
    [
        (0, "ws://csms.example"),
        (1, "ws://csms.example:9000/ocpp"),
        (2, "wss://csms.example/"),
        (3, "wss://[::1]:443/a?b=c"),
        (2, "wss://csms.example.:443/"),
        (2, f"wss://bücher.{'x' * 63}.example/"),
    ],
)
def test_a_profile_that_the_station_can_use_has_no_problem(security: int, url: str) -> None:
    assert problem_with(profile(securityProfile=security, ocppCsmsUrl=url, customData={"vendorId": "x"})) is None


@pytest.mark.ocpp("B09.FR.02")
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ocppVersion": "OCPP16"}, "OCPP20"),
        ({"ocppTransport": "SOAP"}, "JSON"),
        ({"messageTimeout": 0}, "messageTimeout must be 1 to 600"),
        ({"messageTimeout": 601}, "messageTimeout must be 1 to 600"),
        ({"securityProfile": 4}, "securityProfile must be 0 to 3"),
        ({"securityProfile": -1}, "securityProfile must be 0 to 3"),
        ({"securityProfile": 1}, "must read ws://host:port/path for security profile 1"),
        ({"ocppCsmsUrl": "ws://csms.example"}, "must read wss://host:port/path for security profile 2"),
        ({"ocppCsmsUrl": "https://csms.example"}, "must read wss://"),
        ({"ocppCsmsUrl": "wss:///path"}, "must read wss://"),
        ({"ocppCsmsUrl": "wss://csms.example:x/"}, "no URL"),
        ({"ocppCsmsUrl": "wss://[::1"}, "no URL"),
        ({"ocppCsmsUrl": "wss://u:p@csms.example"}, "must not hold a user or password"),
        ({"ocppCsmsUrl": "wss://csms.example/a#b"}, "cannot"),
        ({"ocppCsmsUrl": "wss://csms.example/a b"}, "cannot"),
        ({"ocppCsmsUrl": "wss://csms.example/\r\nX: y"}, "cannot"),
        ({"ocppCsmsUrl": ""}, "must read wss://"),
        ({"ocppCsmsUrl": "wss://.csms.example/"}, "a host that none can have"),
        ({"ocppCsmsUrl": "wss://\u2024csms.example/"}, "a host that none can have"),
        ({"ocppCsmsUrl": "wss://csms..example/"}, "a host that none can have"),
        ({"ocppCsmsUrl": "wss://./"}, "a host that none can have"),
        ({"ocppCsmsUrl": f"wss://{'x' * 64}.example/"}, "a host that none can have"),
        ({"vpn": {"server": "s"}}, "vpn"),
        ({"apn": {"apn": "internet"}}, "apn"),
    ],
)
def test_a_profile_that_the_station_cannot_use_is_told(changes: dict[str, Any], told: str) -> None:
    assert told in (problem_with(profile(**changes)) or "")


@pytest.mark.ocpp("A00.FR.005", "A05.FR.04", "A05.FR.08", "A05.FR.09", "A05.FR.10", "B09.FR.04", "B09.FR.31")
@pytest.mark.parametrize("now", range(4))
@pytest.mark.parametrize("to", range(4))
@pytest.mark.parametrize("allowed", [True, False])
def test_security_only_rises_but_for_two_instead_of_three_if_that_is_allowed(
    now: int, to: int, allowed: bool
) -> None:
    expected = to >= now or (allowed and now == 3 and to == 2)
    assert may_change_security(now=now, to=to, downgrade_allowed=allowed) == expected
