"""TxCtrlr: when a transaction begins and ends."""

from station.core.datatypes import Boolean, Integer, MemberList
from station.core.policy import TxPoint
from station.core.variables.row import AT_LEAST_ONE_SECOND, Variable

TX_POINTS: MemberList[TxPoint] = MemberList(tuple(TxPoint), may_be_empty=False)
"""ParkingBayOccupancy only where a bay has a sensor (core.device_model)."""

EV_CONNECTION_TIME_OUT = Variable("TxCtrlr", "EVConnectionTimeOut", AT_LEAST_ONE_SECOND, 60, unit="s")
TX_START_POINT = Variable("TxCtrlr", "TxStartPoint", TX_POINTS, frozenset({TxPoint.POWER_PATH_CLOSED}))
TX_STOP_POINT = Variable("TxCtrlr", "TxStopPoint", TX_POINTS, frozenset({TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED}))
"""What is billed is what was charged by one driver on one vehicle: either of them leaving ends it."""
STOP_TX_ON_INVALID_ID = Variable("TxCtrlr", "StopTxOnInvalidId", Boolean(), default=True)
MAX_ENERGY_ON_INVALID_ID = Variable("TxCtrlr", "MaxEnergyOnInvalidId", Integer(0, 1_000_000), 0, unit="Wh")
"""Counted from the signed start; 0: nothing more."""
STOP_TX_ON_EV_SIDE_DISCONNECT = Variable("TxCtrlr", "StopTxOnEVSideDisconnect", Boolean(), default=True)
TX_BEFORE_ACCEPTED_ENABLED = Variable("TxCtrlr", "TxBeforeAcceptedEnabled", Boolean(), default=False)
