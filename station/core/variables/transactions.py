"""TxCtrlr: when a transaction begins and ends."""

from station.core.datatypes import Boolean, MemberList
from station.core.policy import TxPoint
from station.core.variables.row import AT_LEAST_ONE_SECOND, READ_ONLY, Variable

TX_POINTS: MemberList[TxPoint] = MemberList(
    tuple(point for point in TxPoint if point is not TxPoint.PARKING_BAY_OCCUPANCY), may_be_empty=False
)
"""There is no detector for parking bays."""

EV_CONNECTION_TIME_OUT = Variable("TxCtrlr", "EVConnectionTimeOut", AT_LEAST_ONE_SECOND, 60, unit="s")
TX_START_POINT = Variable("TxCtrlr", "TxStartPoint", TX_POINTS, frozenset({TxPoint.POWER_PATH_CLOSED}))
TX_STOP_POINT = Variable(
    "TxCtrlr",
    "TxStopPoint",
    TX_POINTS,
    frozenset({TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED}),
    mutability=READ_ONLY,
    constant=True,
)
"""What is billed is what was charged by one driver on one vehicle: either of them leaving ends it (core.apply)."""
STOP_TX_ON_INVALID_ID = Variable("TxCtrlr", "StopTxOnInvalidId", Boolean(), default=True)
STOP_TX_ON_EV_SIDE_DISCONNECT = Variable("TxCtrlr", "StopTxOnEVSideDisconnect", Boolean(), default=True).fixed(
    value=True
)
"""A transaction always ends when the vehicle leaves (core.apply)."""
TX_BEFORE_ACCEPTED_ENABLED = Variable("TxCtrlr", "TxBeforeAcceptedEnabled", Boolean(), default=False)
