"""Which profiles there are, in which order, and what stays of them."""

import contextlib

import pytest

from tests.ocpp.lines import Lines, a_profile


@pytest.fixture
def lines(tmp_path):
    lines = Lines(tmp_path)
    yield lines
    lines.close()


def test_the_configurations_profile_is_the_first_at_the_first_start(lines):
    lines.slots.follow(a_profile(security=1))
    assert lines.slots.in_order() == [a_profile(security=1)]
    assert lines.slots.security_profile == 1


def test_a_configuration_that_did_not_change_changes_nothing(lines):
    lines.slots.follow(a_profile())
    lines.slots.put(a_profile(1, "ws://by-the-csms/"))
    lines.priority = ("2", "1")
    lines.again()
    lines.slots.follow(a_profile())
    assert lines.slots.get(1) == a_profile(1, "ws://by-the-csms/")
    assert lines.priority == ("2", "1")


def test_a_configuration_that_changed_takes_the_first_place_again(lines):
    lines.slots.follow(a_profile())
    lines.slots.put(a_profile(2))
    lines.priority = ("2", "1")
    lines.slots.worked(a_profile(2))
    lines.again()
    lines.slots.follow(a_profile(1, "ws://elsewhere/"))
    assert [profile.url for profile in lines.slots.in_order()] == ["ws://elsewhere/", a_profile(2).url]
    assert lines.priority == ("1", "2")
    assert lines.slots.last_good is None
    lines.again()
    assert lines.slots.last_good is None


@pytest.mark.ocpp("A00.FR.005")
def test_only_the_configuration_can_lower_the_security_profile(lines):
    lines.slots.follow(a_profile(1, "wss://csms/", 3))
    lines.again()
    lines.slots.follow(a_profile(1, "ws://csms/", 1))
    assert lines.slots.security_profile == 1


def test_a_configuration_with_more_security_leaves_nothing_less_secure(lines):
    lines.slots.follow(a_profile(1, security=1))
    lines.slots.put(a_profile(2, security=1))
    lines.priority = ("2", "1")
    lines.slots.follow(a_profile(1, "wss://csms/", 3))
    assert lines.slots.in_order() == [a_profile(1, "wss://csms/", 3)]
    assert lines.priority == ("1",)


def test_a_place_in_the_order_that_is_empty_is_passed_over(lines):
    lines.slots.follow(a_profile())
    lines.priority = ("3", "1")
    assert lines.slots.in_order() == [a_profile()]
    lines.priority = ("3",)
    assert lines.slots.in_order() == [a_profile()]


def test_what_worked_last_outlives_the_process_as_it_was(lines):
    worked = a_profile(2, "ws://good/", customData={"vendorId": "x"})
    lines.slots.follow(a_profile())
    lines.slots.put(worked)
    lines.slots.worked(worked)
    lines.slots.put(a_profile(2, "ws://spoilt/"))
    lines.again()
    assert lines.slots.last_good == worked


@pytest.mark.ocpp("A05.FR.06")
def test_a_connection_with_more_security_removes_what_has_less(lines):
    lines.slots.follow(a_profile(1, security=1))
    for slot, security in ((2, 1), (3, 3), (4, 2)):
        lines.slots.put(a_profile(slot, "wss://csms/", security))
    lines.priority = ("4", "1", "3", "2")
    lines.slots.worked(a_profile(4, "wss://csms/", 2))
    assert lines.slots.security_profile == 2
    assert lines.priority == ("4", "3")
    assert [profile.slot for profile in lines.slots.in_order()] == [4, 3]
    assert (lines.slots.get(1), lines.slots.get(2)) == (None, None)
    lines.again()
    assert lines.slots.security_profile == 2


def test_a_reconnect_with_the_same_security_removes_nothing(lines):
    """A slot for the step down from 3 to 2, which was allowed, waits for its reset."""
    lines.slots.follow(a_profile(1, "wss://csms/", 3))
    lines.slots.put(a_profile(2, "wss://csms/", 2))
    lines.slots.worked(a_profile(1, "wss://csms/", 3))
    assert lines.slots.get(2) is not None


@pytest.mark.ocpp("A00.FR.005")
def test_another_version_that_writes_the_same_configuration_otherwise_lowers_nothing(lines):
    lines.slots.follow(a_profile(security=1))
    lines.slots.put(a_profile(2, "wss://csms/", 3))
    lines.priority = ("2", "1")
    lines.slots.worked(a_profile(2, "wss://csms/", 3))
    lines.again()
    lines.slots.follow(a_profile(security=1, ocppInterface="Any", messageTimeout=60))
    assert lines.slots.security_profile == 3
    assert lines.priority == ("2",)
    assert lines.slots.get(1) is None
    assert lines.slots.last_good == a_profile(2, "wss://csms/", 3)
    lines.again()
    lines.slots.follow(a_profile(security=1, messageTimeout=60))
    assert lines.slots.security_profile == 3


def test_a_preset_that_changed_counts_where_the_csms_wrote_nothing_over_it(lines):
    lines.slots.follow(a_profile())
    lines.slots.follow(a_profile(messageTimeout=60))
    assert lines.slots.get(1).message_timeout_s == 60
    lines.slots.put(a_profile(messageTimeout=7))
    lines.slots.follow(a_profile(messageTimeout=30))
    assert lines.slots.get(1).message_timeout_s == 7


@pytest.mark.ocpp("A00.FR.005")
def test_a_step_down_that_is_not_allowed_any_more_is_not_made(lines):
    lines.slots.follow(a_profile(1, "wss://csms/", 3))
    lines.slots.worked(a_profile(1, "wss://csms/", 3))
    lines.slots.put(a_profile(1, "wss://csms/", 2))
    lines.slots.put(a_profile(2, "ws://csms/", 1))
    lines.priority = ("2", "1")
    assert lines.slots.in_order() == [a_profile(1, "wss://csms/", 3)]
    lines.downgrade_allowed = True
    assert lines.slots.in_order() == [a_profile(1, "wss://csms/", 2)]


@pytest.mark.ocpp("A05.FR.06", "A00.FR.005")
@pytest.mark.parametrize("cut", range(5))
def test_a_power_cut_while_security_rises_lowers_nothing_and_is_made_up_for(lines, monkeypatch, cut):
    """Whatever is done last before the power goes; the connection after the next start does the rest."""
    lines.slots.follow(a_profile(1, security=1))
    lines.slots.worked(a_profile(1, security=1))
    new = a_profile(2, "wss://csms/", 2)
    lines.slots.put(new)
    lines.priority = ("2", "1")
    steps = iter(range(cut))

    def spared(step):
        def run(*values):
            next(steps)  # StopIteration: the power is gone
            return step(*values)

        return run

    with monkeypatch.context() as power:
        for owner, name in ((lines.facts, "put"), (lines.store, "remove"), (lines, "set_priority")):
            power.setattr(owner, name, spared(getattr(owner, name)))
        lines.slots._set_priority = lines.set_priority
        with contextlib.suppress(StopIteration):
            lines.slots.worked(new)
    lines.again()
    lines.slots.follow(a_profile(1, security=1))
    assert lines.slots.in_order()[0] == new
    lines.slots.worked(new)
    assert (lines.slots.security_profile, lines.priority) == (2, ("2",))
    assert lines.slots.get(1) is None


@pytest.mark.ocpp("A05.FR.08")
def test_a_step_down_that_was_allowed_is_kept(lines):
    lines.slots.follow(a_profile(1, "wss://csms/", 3))
    lines.slots.put(a_profile(2, "wss://csms/", 2))
    lines.slots.worked(a_profile(2, "wss://csms/", 2))
    assert lines.slots.security_profile == 2
    assert lines.slots.get(1) is not None
