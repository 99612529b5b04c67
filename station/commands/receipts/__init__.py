"""`station receipts`: sessions and their signed records, read beside a running station."""
