"""Contacts that are wired to the station: emergency stop, residual current, door, the grid operator's limit."""
