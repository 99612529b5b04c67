"""Judging signed records, and handing them on: verdicts, checks of the law, formats of transparency software."""
