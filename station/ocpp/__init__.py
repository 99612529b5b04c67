"""The station side of OCPP 2.0.1."""
