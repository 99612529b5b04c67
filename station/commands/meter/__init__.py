"""`station meter`: a person with a laptop on the RS-485 line."""
