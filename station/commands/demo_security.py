"""The way of the demo's station from a password to TLS, as the CSMS leads it. Source: Part 2, A02, A05, B09, B12."""

from typing import Any, Final

from station.commands.demo_csms import Csms
from station.commands.demo_parts import DemoError, Parts
from station.commands.demo_story import Teller

PASSWORD, TLS, MUTUAL_TLS = 1, 2, 3
CHOICES: Final = (PASSWORD, TLS, MUTUAL_TLS)

ORGANIZATION: Final = "Demo CSO"
SLOT: Final = 2
MESSAGE_TIMEOUT_S: Final = 30
RESTART_S: Final = 60.0

_MEANING: Final = {TLS: "TLS and password", MUTUAL_TLS: "TLS both ways"}


class Upgrade:
    """Raises the security profile step by step; DemoError names the step that the station did not go along with."""

    def __init__(self, parts: Parts, teller: Teller, *, csms: Csms, profile: int) -> None:
        self._parts = parts
        self._say = teller.say
        self._csms = csms
        self._profile = profile

    def tell(self) -> None:
        """Lead the station, which is connected with security profile 1, to the profile that is wanted."""
        before = self._parts.wait_for("a connection", self._csms.security)
        self._say("profile 1", f"{self._csms.urls['1']}, user name and password; SecurityProfile {self._reported()}")
        _expect(before["profile"] == PASSWORD, f"the station begins with security profile {before['profile']}")
        self._go("root installed", self._csms.do("root"), "the station can tell the CSMS from others now")
        if self._profile == MUTUAL_TLS:
            self._certify()
        self._go("slot written", self._write_slot(), f"slot {SLOT}: {self._url}, security profile {self._profile}")
        preferred = self._set("OCPPCommCtrlr", "NetworkConfigurationPriority", str(SLOT))
        self._go("slot first", preferred, f"NetworkConfigurationPriority {SLOT}")
        self._restart()
        after = self._parts.wait_for("TLS", self._secured)
        shown = after["clientCertificate"]
        proof = f", client certificate {shown['serial'][:16]}" if shown else ""
        self._say(
            f"profile {self._profile}", f"{_MEANING[self._profile]}: {after['tlsVersion']}, {after['cipher']}{proof}"
        )
        reported = self._reported()
        _expect(reported == str(self._profile), f"the station reports SecurityProfile {reported}")
        self._say("the station", f"says SecurityProfile {reported}; nothing less is left")

    @property
    def _url(self) -> str:
        return self._csms.urls[str(self._profile)]

    def _certify(self) -> None:
        named = self._set("SecurityCtrlr", "OrganizationName", ORGANIZATION)
        self._go("owner named", named, f"OrganizationName {ORGANIZATION}, for the certificate")
        self._say("CSR wanted", "the station makes a key, which never leaves it, and asks for a certificate")
        self._go("certificate", self._csms.do("certificate"), "signed by the CSMS's authority, checked and taken")

    def _write_slot(self) -> str:
        data = {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": self._url,
            "messageTimeout": MESSAGE_TIMEOUT_S,
            "securityProfile": self._profile,
            "ocppInterface": "Wired0",
        }
        return str(self._csms.call("SetNetworkProfile", configurationSlot=SLOT, connectionData=data)["status"])

    def _set(self, component: str, variable: str, value: str) -> str:
        wanted = {**_variable(component, variable), "attributeValue": value}
        (result,) = self._csms.call("SetVariables", setVariableData=[wanted])["setVariableResult"]
        return str(result["attributeStatus"])

    def _restart(self) -> None:
        boots = self._csms.boots()
        self._go("reset", str(self._csms.call("Reset", type="OnIdle")["status"]), "the station starts anew")
        self._parts.wait_for("the boot after the reset", lambda: self._csms.boots() > boots, seconds=RESTART_S)
        boot = self._parts.wait_for("its registration", self._csms.boot)
        self._say("booted again", f"reason {boot['reason']}, accepted")

    def _secured(self) -> dict[str, Any] | None:
        security = self._csms.security()
        return security if security and security["profile"] == self._profile else None

    def _reported(self) -> str:
        asked = [_variable("SecurityCtrlr", "SecurityProfile")]
        (result,) = self._csms.call("GetVariables", getVariableData=asked)["getVariableResult"]
        return str(result.get("attributeValue", result["attributeStatus"]))

    def _go(self, step: str, status: str, meaning: str) -> None:
        _expect(status in ("Accepted", "RebootRequired"), f"{step}: the station answered {status}")
        self._say(step, f"{status}; {meaning}")


def _expect(fulfilled: bool, problem: str) -> None:
    if not fulfilled:
        raise DemoError(problem)


def _variable(component: str, variable: str) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": variable}}
