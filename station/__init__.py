"""A charging station controller: OCPP 2.0.1 and signed metering with the BAUER BSM-WS36A."""

__version__ = "0.1.0"
