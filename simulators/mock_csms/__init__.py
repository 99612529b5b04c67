"""The mock CSMS: takes any OCPP 2.0.1 station, answers it, checks what it says and does what a test asks for."""
