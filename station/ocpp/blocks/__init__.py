"""One file a functional block of OCPP 2.0.1, named as there."""
