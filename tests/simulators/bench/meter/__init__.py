"""The meter twin."""
