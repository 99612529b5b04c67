"""Why a certificate is refused."""

from station.errors import StationError


class CertificateError(StationError):
    """A certificate cannot be accepted; the text says why, in words for the operator of the CSMS."""
