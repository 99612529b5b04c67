"""Block B, network profiles: SetNetworkProfile and NetworkConfigurationPriority (B09, B10, A05)."""

from collections.abc import Callable
from typing import Protocol

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.enums import SetNetworkProfileStatusEnumType as Status

from station.core.device_model import Refusal, Rejected
from station.core.network import (
    ENCRYPTED,
    WITH_CERTIFICATE,
    NetworkProfile,
    may_change_security,
    problem_with,
    shown,
)
from station.errors import StorageError
from station.ocpp import codec
from station.ocpp.model_words import status_info
from station.ocpp.router import on

INVALID_CONTENT = "InvalidNetworkConf"
INVALID_SLOT = "InvalidConfSlot"
NO_DOWNGRADE = "NoSecurityDowngrade"

log = structlog.get_logger("station.network")


class Shelf(Protocol):
    """The slots (station.ocpp.slots.Slots)."""

    @property
    def security_profile(self) -> int:
        """The security profile in use."""

    def get(self, slot: int) -> NetworkProfile | None:
        """Return what is in a slot."""

    def put(self, profile: NetworkProfile) -> None:
        """Keep a profile; raises StorageError."""


class NetworkProfiles:
    """Lets the CSMS fill slots and put them in order; neither changes the connection that is there."""

    def __init__(
        self,
        shelf: Shelf,
        *,
        slots: tuple[str, ...],
        downgrade_allowed: Callable[[], bool],
        has_root: Callable[[], bool],
        has_certificate: Callable[[], bool],
    ) -> None:
        """`slots`: the values of NetworkConfigurationPriority. `downgrade_allowed`: AllowSecurityProfileDowngrade.

        `has_root`, `has_certificate`: there is a valid CSMSRootCertificate, a valid ChargingStationCertificate.
        """
        self._shelf = shelf
        self._slots = slots
        self._downgrade_allowed = downgrade_allowed
        self._has_root = has_root
        self._has_certificate = has_certificate

    @on("SetNetworkProfile")
    async def set_network_profile(self, request: call.SetNetworkProfile) -> call_result.SetNetworkProfile:
        document = codec.encode(request)["connectionData"]
        profile = NetworkProfile(request.configuration_slot, document)
        if problem := self._problem_with(profile):
            code, text = problem
            log.info("network_profile_refused", slot=profile.slot, why=code)
            return _answer(Status.rejected, code, text)
        try:
            self._shelf.put(profile)
        except StorageError as error:
            log.error("network_profile_not_saved", slot=profile.slot, error=str(error))
            return _answer(Status.failed, "InternalError", "the station could not save it")
        log.info("network_profile_set", slot=profile.slot, url=shown(profile.url))
        return call_result.SetNetworkProfile(status=Status.accepted)

    def check_priority(self, slots: tuple[str, ...]) -> Rejected | None:
        """Guard NetworkConfigurationPriority: the station has to be able to use every slot (B10.FR.01, B10.FR.02)."""
        for slot in slots:
            profile = self._shelf.get(int(slot))
            if profile is None:
                return Rejected(Refusal.REJECTED, INVALID_SLOT, f"slot {slot} is empty")
            if problem := self._problem_with(profile) or self._lack_for(profile):
                return Rejected(Refusal.REJECTED, problem[0], f"slot {slot}: {problem[1]}")
        return None

    def _problem_with(self, profile: NetworkProfile) -> tuple[str, str] | None:
        """Return the reason code and why, if the profile cannot be used."""
        now = self._shelf.security_profile
        if str(profile.slot) not in self._slots:  # B09.FR.05
            return INVALID_SLOT, f"there are the slots {', '.join(self._slots)}"
        if text := problem_with(profile):  # B09.FR.02
            return INVALID_CONTENT, text
        to = profile.security_profile
        if not may_change_security(now=now, to=to, downgrade_allowed=self._downgrade_allowed()):
            return NO_DOWNGRADE, f"securityProfile {to} is less than {now}, which is in use"
        return None

    def _lack_for(self, profile: NetworkProfile) -> tuple[str, str] | None:
        """Return what an upgrade of the security profile lacks (A05.FR.02, A05.FR.03)."""
        to = profile.security_profile
        if to <= self._shelf.security_profile:
            return None
        if to in ENCRYPTED and not self._has_root():
            return INVALID_CONTENT, f"securityProfile {to} needs a CSMSRootCertificate"
        if to == WITH_CERTIFICATE and not self._has_certificate():
            return INVALID_CONTENT, f"securityProfile {to} needs a ChargingStationCertificate"
        return None


def _answer(status: Status, code: str, text: str) -> call_result.SetNetworkProfile:
    return call_result.SetNetworkProfile(status=status, status_info=status_info(code, text))
