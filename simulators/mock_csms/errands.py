"""Errands: what a CSMS does in several steps to secure a station. Source: Part 2, A01, A02 and M05."""

from typing import TYPE_CHECKING, Any, Final

from simulators.mock_csms.errors import MockCsmsError, RequestError
from simulators.mock_csms.frames import Kind
from simulators.mock_csms.station import WAIT_S, is_request

if TYPE_CHECKING:
    from simulators.mock_csms.members import Payload
    from simulators.mock_csms.messages import Message
    from simulators.mock_csms.server import MockCsms

CSMS_ROOT: Final = "CSMSRootCertificate"
STATION_CERTIFICATE: Final = "ChargingStationCertificate"


async def install_root(csms: "MockCsms", station_id: str, *, certificate: str | None, use: str) -> str:
    """Install a root, that of the CSMS unless another one is given; returns the station's status."""
    pem = csms.authority.root_pem if certificate is None else certificate
    answer = await csms.call(station_id, "InstallCertificate", {"certificateType": use, "certificate": pem})
    return str(answer["status"])


async def set_password(csms: "MockCsms", station_id: str, password: str) -> str:
    """Give a station another password; returns the status. Only an accepted one is expected from then on (A01)."""
    wanted = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "attributeValue": password,
    }
    answer = await csms.call(station_id, "SetVariables", {"setVariableData": [wanted]})
    status = str(answer["setVariableResult"][0]["attributeStatus"])
    if status == "Accepted":
        csms.expect_password(station_id, password)
    return status


async def send_certificate(csms: "MockCsms", station_id: str, *, ask: "Payload | None" = None, **signing: Any) -> str:
    """Sign a CSR, the last one of the station unless a request is given, and send it; returns the station's status.

    `signing` as for Authority.sign.
    """
    if ask is None:
        asked = [payload for payload in csms.station(station_id).received("SignCertificate") if "csr" in payload]
        if not asked:
            raise RequestError(f"station {station_id} has sent no CSR")
        ask = asked[-1]
    payload = {"certificateChain": csms.authority.sign(ask["csr"], **signing)}
    if "certificateType" in ask:
        payload["certificateType"] = ask["certificateType"]  # A02.FR.14
    answer = await csms.call(station_id, "CertificateSigned", payload)
    return str(answer["status"])


async def renew_certificate(csms: "MockCsms", station_id: str, *, use: str, timeout_s: float = WAIT_S) -> str:
    """Trigger a CSR and wait until the certificate was sent; returns how the station answered.

    If it does not accept the trigger, the status of that. TimeoutError says what came instead.
    """
    station = csms.station(station_id)
    number = station.messages.last
    answer = await csms.call(station_id, "TriggerMessage", {"requestedMessage": f"Sign{use}"})
    if answer["status"] != "Accepted":
        return str(answer["status"])

    def is_answer(message: "Message") -> bool:
        return (message.direction, message.action) == ("in", "CertificateSigned") and message.kind is not Kind.CALL

    def is_csr(message: "Message") -> bool:
        return is_request(message, "SignCertificate")

    csr = await station.wait_for_message(is_csr, after=number, timeout_s=timeout_s, what="SignCertificate")
    answered = await station.wait_for_message(
        is_answer, after=csr.number, timeout_s=timeout_s, what="answer to CertificateSigned"
    )
    return str(answered.payload.get("status") or answered.payload.get("code"))


async def follow_csr(csms: "MockCsms", station_id: str, ask: "Payload") -> str:
    """Send the certificate for a request as the station's Signing says; returns what came of it, for people."""
    signing = csms.station(station_id).signing
    try:
        status = await send_certificate(csms, station_id, ask=ask, flaw=signing.flaw, valid_for=signing.valid_for)
    except (MockCsmsError, TimeoutError) as error:
        return f"the signed certificate was not taken: {error}"
    return f"the signed certificate was answered with {status}"
