"""The kinds of charge controllers, by the names that settings use."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from simulators.bench.controller import Controller
from simulators.bench.em_cp_pp_eth import EmCpPpEth
from simulators.bench.ev_cc import EvCc
from simulators.bench.evse_wb import EvseWb

KINDS: Final[Mapping[str, type[Controller]]] = MappingProxyType(
    {"phoenix-ev-cc": EvCc, "phoenix-em-cp-pp-eth": EmCpPpEth, "evse-wb": EvseWb}
)
