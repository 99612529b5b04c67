"""The network profiles of this station: what is in each slot, their order, and what worked last (B09, B10, A05)."""

import json
from collections.abc import Callable

import structlog

from station.core.network import NetworkProfile, may_change_security, shown
from station.storage.facts import Facts
from station.storage.network_profiles import NetworkProfiles

OWN_SLOT = 1
"""Where the configuration file's profile goes."""
FROM_FILE = "network_profile_of_the_configuration"
LAST_GOOD = "network_profile_that_worked"
SECURITY = "security_profile"

log = structlog.get_logger("station.network")


class Slots:
    """Keeps profiles, their order and the security profile, all across restarts."""

    def __init__(
        self,
        store: NetworkProfiles,
        facts: Facts,
        *,
        priority: Callable[[], tuple[str, ...]],
        set_priority: Callable[[tuple[str, ...]], None],
        downgrade_allowed: Callable[[], bool] = lambda: False,
    ) -> None:
        """`priority`: OCPPCommCtrlr.NetworkConfigurationPriority; `set_priority` saves it and puts it in force.

        `downgrade_allowed`: SecurityCtrlr.AllowSecurityProfileDowngrade.
        """
        self._store = store
        self._facts = facts
        self._priority = priority
        self._set_priority = set_priority
        self._downgrade_allowed = downgrade_allowed
        self.last_good = _read(facts.get(LAST_GOOD))
        """The profile with which the last connection was made, as it was then."""
        self.security_profile = int(facts.get(SECURITY) or 0)
        """SecurityCtrlr.SecurityProfile: that of the last connection; before there was any, the configuration's."""

    def follow(self, profile: NetworkProfile) -> None:
        """Take over what the configuration file says, if it says something new since it was taken over last.

        Whoever changes the file means it: its profile takes the first place, and its security profile counts, even
        a lower one (A00.FR.005 asks for another way than OCPP). What the CSMS put into other slots stays.
        """
        before = _read(self._facts.get(FROM_FILE))
        if before is not None and _demands(before) == _demands(profile):
            self._rewrite(before, profile)
            return
        log.info("network_profile_taken_from_configuration", slot=profile.slot, url=shown(profile.url))
        self._store.put(profile)
        own = str(profile.slot)
        if (order := (own, *(slot for slot in self._priority() if slot != own))) != self._priority():
            self._set_priority(order)
        self.last_good = None
        self._facts.forget(LAST_GOOD)
        self._secure(profile.security_profile)
        self._facts.put(FROM_FILE, _text(profile))

    def _rewrite(self, before: NetworkProfile, profile: NetworkProfile) -> None:
        """Take over what does not come from an operator's wish to go elsewhere: a preset, or another version's words.

        That must change neither the order nor the security profile, which the CSMS may have raised since.
        """
        if profile == before:
            return
        if self.get(profile.slot) == before:
            self._store.put(profile)
        self._facts.put(FROM_FILE, _text(profile))

    def in_order(self) -> list[NetworkProfile]:
        """Return the profiles to try after a start; never empty once `follow` or `worked` had one.

        A step down to security profile 2 that was allowed when its slot was filled may not be so any more
        (A00.FR.005).
        """
        profiles = {
            slot: profile
            for slot, profile in self._store.all().items()
            if may_change_security(
                now=self.security_profile,
                to=profile.security_profile,
                downgrade_allowed=self._downgrade_allowed(),
            )
        }
        order = [profiles[int(slot)] for slot in self._priority() if int(slot) in profiles]
        return order or list(profiles.values()) or [profile for profile in (self.last_good,) if profile is not None]

    def get(self, slot: int) -> NetworkProfile | None:
        """Return what is in a slot."""
        return self._store.all().get(slot)

    def put(self, profile: NetworkProfile) -> None:
        """Keep a profile for the next attempt that its slot's turn comes; raises StorageError."""
        self._store.put(profile)

    def worked(self, profile: NetworkProfile) -> None:
        """A connection was made: remember it, and let go of what is less secure now (A05.FR.06)."""
        if profile != self.last_good:
            self.last_good = profile
            self._facts.put(LAST_GOOD, _text(profile))
        if profile.security_profile != self.security_profile:
            self._secure(profile.security_profile)

    def _secure(self, security_profile: int) -> None:
        """Let a security profile count from now on, and remove the profiles and places of less secure ones."""
        profiles = self._store.all()
        secure = {slot for slot, profile in profiles.items() if profile.security_profile >= security_profile}
        for slot in profiles.keys() - secure:
            self._store.remove(slot)
            log.info("less_secure_network_profile_removed", slot=slot)
        kept = tuple(slot for slot in self._priority() if int(slot) in secure)
        if kept and kept != self._priority():
            self._set_priority(kept)
        # Last, so that what a power cut leaves undone is done after the next connection.
        self.security_profile = security_profile
        self._facts.put(SECURITY, str(security_profile))


def _text(profile: NetworkProfile) -> str:
    return json.dumps([profile.slot, dict(profile.document)], ensure_ascii=False, sort_keys=True)


def _demands(profile: NetworkProfile) -> tuple[int, str, int]:
    """Return what the configuration file says itself."""
    return profile.slot, profile.url, profile.security_profile


def _read(text: str | None) -> NetworkProfile | None:
    return NetworkProfile(*json.loads(text)) if text else None
