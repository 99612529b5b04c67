"""Why no connection to the CSMS came about, in words for an operator."""

import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum

from websockets.exceptions import InvalidProxy, InvalidStatus, NegotiationError, ProxyError, WebSocketException

from station.pki.tls import HelloRefusedError


class FailureKind(StrEnum):
    """Why an attempt to connect failed, as far as somebody would act differently."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    PROXY = "proxy"
    CONFIGURATION = "configuration"
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    TLS_VERSION = "tls-version"
    TLS_CIPHER_SUITE = "tls-cipher-suite"
    CLIENT_CERTIFICATE = "client-certificate"
    TLS = "tls"
    CREDENTIALS = "credentials"
    IDENTITY = "identity"
    SUBPROTOCOL = "subprotocol"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt to connect that failed, and why in words for an operator."""

    kind: FailureKind
    reason: str


NOT_YET_VALID = 9  # X509_V_ERR_CERT_NOT_YET_VALID
CERTIFICATE_PROBLEMS = {
    NOT_YET_VALID: "it is not valid yet",
    10: "it has expired",
    18: "it is self-signed",
    19: "it comes from a root certificate that is not installed",
    20: "its issuer is not known; no installed CSMSRootCertificate fits, or the CSMS leaves out an intermediate one",
    21: "its issuer is not known; no installed CSMSRootCertificate fits",
}
"""By OpenSSL's code (X509_V_ERR_...), what people understand better than OpenSSL's words."""

VERSION_REASONS = frozenset(
    {
        "UNSUPPORTED_PROTOCOL",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "WRONG_SSL_VERSION",
        "VERSION_TOO_LOW",
        "NO_PROTOCOLS_AVAILABLE",
    }
)
SUITE_REASONS = frozenset(
    {
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "NO_SHARED_CIPHER",
        "WRONG_CIPHER_RETURNED",
        "UNKNOWN_CIPHER_RETURNED",
    }
)
CLIENT_REASONS = frozenset(
    {
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",  # after both had agreed on a suite: what OpenSSL 1.2 servers say
        "TLSV1_ALERT_UNKNOWN_CA",
        "TLSV1_ALERT_ACCESS_DENIED",
        "TLSV1_ALERT_DECRYPT_ERROR",
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    }
)
"""An alert comes from the CSMS, so a certificate that it is about is ours."""


def explain(error: Exception, *, clock_is_set: bool = True, timeout_s: float = 0.0, proxy: bool = False) -> Failure:
    """Return what an exception of the attempt means. `proxy`: there is one on the way, and it is dialled first."""
    match error:
        case InvalidStatus():
            return _explain_status(error.response.status_code)
        case NegotiationError():
            return Failure(FailureKind.SUBPROTOCOL, f"the CSMS insists on something not offered: {error}")
        case InvalidProxy():  # whose text has the whole URL, with its password
            return Failure(
                FailureKind.PROXY, f"csms.proxy cannot be used: {error.msg}; write http://user:password@host:port"
            )
        case ProxyError():
            return Failure(FailureKind.PROXY, f"the proxy does not let the station through: {error}")
        case WebSocketException():
            return Failure(
                FailureKind.REFUSED, f"what answers there is no WebSocket server, or expects TLS (wss://): {error}"
            )
        case ssl.SSLCertVerificationError():
            return _explain_certificate(error, clock_is_set=clock_is_set)
        case ssl.SSLError():
            return _explain_tls(error)
        case TimeoutError():
            return Failure(FailureKind.SILENT, f"no answer within {timeout_s:g} s")
        case ConnectionResetError() | BrokenPipeError():
            return Failure(FailureKind.TLS, "the connection was cut while it was being made")
        case _:
            return _explain_way(error, proxy=proxy)


def _explain_status(status: int) -> Failure:
    match status:
        case 401 | 403:
            return Failure(FailureKind.CREDENTIALS, f"the CSMS refuses identity or password (HTTP {status})")
        case 404:
            return Failure(FailureKind.IDENTITY, "the CSMS does not know this identity or path (HTTP 404)")
        case _:
            return Failure(FailureKind.REFUSED, f"the CSMS answers HTTP {status}")


def _explain_certificate(error: ssl.SSLCertVerificationError, *, clock_is_set: bool) -> Failure:
    if error.verify_code == NOT_YET_VALID and not clock_is_set:
        return Failure(
            FailureKind.CLOCK,
            "the certificate of the CSMS is not valid yet by the clock of this computer, which has not been set;"
            " TLS needs the right time: give it NTP or a battery",
        )
    problem = CERTIFICATE_PROBLEMS.get(error.verify_code, error.verify_message)
    return Failure(FailureKind.CERTIFICATE, f"the certificate of the CSMS is not trusted: {problem}")


def _explain_tls(error: ssl.SSLError) -> Failure:
    reason = error.reason or ""
    if reason in VERSION_REASONS:
        return Failure(FailureKind.TLS_VERSION, "the CSMS speaks no TLS 1.2 or newer")
    if isinstance(error, HelloRefusedError) and reason in SUITE_REASONS:
        return Failure(FailureKind.TLS_CIPHER_SUITE, "the CSMS has no cipher suite that is safe enough")
    if not isinstance(error, HelloRefusedError) and reason in CLIENT_REASONS:
        return Failure(
            FailureKind.CLIENT_CERTIFICATE, f"the CSMS refuses this station's certificate, or misses one: {reason}"
        )
    return Failure(FailureKind.TLS, f"TLS failed: {reason or error}")


def _explain_way(error: Exception, *, proxy: bool) -> Failure:
    kind = FailureKind.PROXY if proxy else FailureKind.UNREACHABLE
    whose = "the proxy's name" if proxy else "the host's name"
    match error:
        case socket.gaierror():
            return Failure(kind, f"{whose} is not known: {error.strerror}")
        case ValueError():
            # Behind a proxy that name is the first that is looked at, and TLS looks at the other one.
            whose = "the name of the proxy or of the CSMS" if proxy else whose
            return Failure(kind, f"{whose} is none: {error}")
        case ConnectionRefusedError():
            return Failure(kind, f"nobody listens at the port of the {'proxy' if proxy else 'CSMS'}")
        case _:
            return Failure(kind, f"the proxy does not answer: {error}" if proxy else str(error))
