"""OCPPCommCtrlr: the line to the CSMS."""

from typing import Final

from station.core.datatypes import Boolean, Integer, MemberList, OptionList, SequenceList
from station.core.policy import KeyPolicy
from station.core.variables.row import READ_ONLY, SECONDS, Variable

NETWORK_SLOTS: Final = ("1", "2", "3", "4")
"""Of SetNetworkProfile, as they are written in NetworkConfigurationPriority."""

ACTIVE_NETWORK_PROFILE = Variable(
    "OCPPCommCtrlr", "ActiveNetworkProfile", Integer(1, len(NETWORK_SLOTS)), 1, mutability=READ_ONLY
)
NETWORK_CONFIGURATION_PRIORITY = Variable(
    "OCPPCommCtrlr",
    "NetworkConfigurationPriority",
    SequenceList(NETWORK_SLOTS, may_be_empty=False),
    NETWORK_SLOTS[:1],
)
NETWORK_PROFILE_CONNECTION_ATTEMPTS = Variable(
    "OCPPCommCtrlr", "NetworkProfileConnectionAttempts", Integer(1, 1000), 3
)
HEARTBEAT_INTERVAL = Variable("OCPPCommCtrlr", "HeartbeatInterval", Integer(1), 300, unit="s")
"""No upper limit: it is whatever the CSMS answers to BootNotification too (B01.FR.04)."""
RETRY_BACK_OFF_WAIT_MINIMUM = Variable("OCPPCommCtrlr", "RetryBackOffWaitMinimum", SECONDS, 10, unit="s")
RETRY_BACK_OFF_RANDOM_RANGE = Variable("OCPPCommCtrlr", "RetryBackOffRandomRange", SECONDS, 10, unit="s")
RETRY_BACK_OFF_REPEAT_TIMES = Variable("OCPPCommCtrlr", "RetryBackOffRepeatTimes", Integer(0, 20), 5)
WEB_SOCKET_PING_INTERVAL = Variable("OCPPCommCtrlr", "WebSocketPingInterval", SECONDS, 54, unit="s")
MESSAGE_TIMEOUT = Variable(
    "OCPPCommCtrlr", "MessageTimeout", Integer(1, 600), 30, instance="Default", unit="s", mutability=READ_ONLY
)
MESSAGE_ATTEMPTS = Variable("OCPPCommCtrlr", "MessageAttempts", Integer(1, 1000), 5, instance="TransactionEvent")
MESSAGE_ATTEMPT_INTERVAL = Variable(
    "OCPPCommCtrlr", "MessageAttemptInterval", SECONDS, 60, instance="TransactionEvent", unit="s"
)
OFFLINE_THRESHOLD = Variable("OCPPCommCtrlr", "OfflineThreshold", SECONDS, 60, unit="s")
MINIMUM_STATUS_DURATION = Variable("OCPPCommCtrlr", "MinimumStatusDuration", Integer(0, 3600), 0, unit="s")
QUEUE_ALL_MESSAGES = Variable("OCPPCommCtrlr", "QueueAllMessages", Boolean(), default=False).fixed(value=False)
"""What must not be lost is queued anyhow: transactions, problems and critical security events."""
RESET_RETRIES = Variable("OCPPCommCtrlr", "ResetRetries", Integer(0, 10), 1)
"""Of one EVSE: how often it is restarted anew if its meter stays silent. That of the station is a new process."""
UNLOCK_ON_EV_SIDE_DISCONNECT = Variable("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", Boolean(), default=True)
FILE_TRANSFER_PROTOCOLS: Variable[frozenset[str]] = Variable(
    "OCPPCommCtrlr",
    "FileTransferProtocols",
    MemberList(("FTP", "FTPS", "HTTP", "HTTPS", "SFTP")),
    frozenset(),
    mutability=READ_ONLY,
    constant=True,
)
"""No message that this station handles transfers a file."""
PUBLIC_KEY_WITH_SIGNED_METER_VALUE = Variable(
    "OCPPCommCtrlr", "PublicKeyWithSignedMeterValue", OptionList(tuple(KeyPolicy)), KeyPolicy.ONCE
)
