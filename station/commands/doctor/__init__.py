"""`station doctor`: everything that a station needs, looked at once, with what to do where something is missing."""
