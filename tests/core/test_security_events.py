"""Which security events there are, and which of them the CSMS must learn."""

import pytest

from station.core.security_events import SecurityEvent

NOT_CRITICAL = {
    "FailedToAuthenticateAtCsms",
    "CsmsFailedToAuthenticate",
    "ReconfigurationOfSecurityParameters",
    "InvalidMessages",
    "AttemptedReplayAttacks",
    "DiscardedRenewedClientCertificate",
}


@pytest.mark.ocpp("A04.FR.01")
@pytest.mark.parametrize("event", SecurityEvent)
def test_an_event_is_critical_unless_the_appendix_says_that_it_is_not(event):
    assert event.critical == (event.value not in NOT_CRITICAL)


def test_the_names_fit_into_the_message_and_there_are_as_many_as_in_the_appendix_and_its_errata():
    assert all(len(event.value) <= 50 for event in SecurityEvent)
    assert len(SecurityEvent) == 21


def test_each_constant_spells_the_name_that_is_sent():
    for event in SecurityEvent:
        assert event.name.replace("_", "").lower() == event.value.lower()
