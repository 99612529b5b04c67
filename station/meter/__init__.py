"""The BAUER BSM-WS36A: registers, line, driver, records."""
