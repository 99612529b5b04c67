"""Receipts for people and programs: judged, described, and in the formats of transparency software."""
