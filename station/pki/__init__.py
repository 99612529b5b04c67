"""X.509: the keys and certificates of the station, and what is checked about those of others."""
