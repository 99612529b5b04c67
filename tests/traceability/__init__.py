"""Traceability: which test covers which requirement, read from the marks in the tests."""
