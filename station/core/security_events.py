"""The security events of Part 2 appendix 1, and which of them the CSMS has to learn (A04.FR.01)."""

from enum import StrEnum


class SecurityEvent(StrEnum):
    """What happened that matters to security; the value is SecurityEventNotification.type."""

    FIRMWARE_UPDATED = "FirmwareUpdated"
    FAILED_TO_AUTHENTICATE_AT_CSMS = "FailedToAuthenticateAtCsms"
    CSMS_FAILED_TO_AUTHENTICATE = "CsmsFailedToAuthenticate"
    SETTING_SYSTEM_TIME = "SettingSystemTime"
    STARTUP_OF_THE_DEVICE = "StartupOfTheDevice"
    RESET_OR_REBOOT = "ResetOrReboot"
    SECURITY_LOG_WAS_CLEARED = "SecurityLogWasCleared"
    RECONFIGURATION_OF_SECURITY_PARAMETERS = "ReconfigurationOfSecurityParameters"
    MEMORY_EXHAUSTION = "MemoryExhaustion"
    INVALID_MESSAGES = "InvalidMessages"
    ATTEMPTED_REPLAY_ATTACKS = "AttemptedReplayAttacks"
    TAMPER_DETECTION_ACTIVATED = "TamperDetectionActivated"
    INVALID_FIRMWARE_SIGNATURE = "InvalidFirmwareSignature"
    INVALID_FIRMWARE_SIGNING_CERTIFICATE = "InvalidFirmwareSigningCertificate"
    INVALID_CSMS_CERTIFICATE = "InvalidCsmsCertificate"
    INVALID_CHARGING_STATION_CERTIFICATE = "InvalidChargingStationCertificate"
    INVALID_TLS_VERSION = "InvalidTLSVersion"
    INVALID_TLS_CIPHER_SUITE = "InvalidTLSCipherSuite"
    MAINTENANCE_LOGIN_ACCEPTED = "MaintenanceLoginAccepted"
    MAINTENANCE_LOGIN_FAILED = "MaintenanceLoginFailed"
    DISCARDED_RENEWED_CLIENT_CERTIFICATE = "DiscardedRenewedClientCertificate"
    """By erratum 2.9 (A02.FR.29, A03.FR.25), which does not say that it is critical."""

    @property
    def critical(self) -> bool:
        """The CSMS has to be told, however long it takes (A04.FR.01, A04.FR.02)."""
        return self not in _NOT_CRITICAL


_NOT_CRITICAL = frozenset(
    {
        SecurityEvent.FAILED_TO_AUTHENTICATE_AT_CSMS,
        SecurityEvent.CSMS_FAILED_TO_AUTHENTICATE,
        SecurityEvent.RECONFIGURATION_OF_SECURITY_PARAMETERS,
        SecurityEvent.INVALID_MESSAGES,
        SecurityEvent.ATTEMPTED_REPLAY_ATTACKS,
        SecurityEvent.DISCARDED_RENEWED_CLIENT_CERTIFICATE,
    }
)
