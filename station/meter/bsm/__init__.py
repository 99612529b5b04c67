"""The driver of the BAUER BSM-WS36A."""

from station.meter.bsm.driver import BsmMeter

__all__ = ["BsmMeter"]
