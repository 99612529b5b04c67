"""The composition root: builds the station from its settings and runs it. The only package that knows all parts."""

from station.app.station import Outcome, Station

__all__ = ["Outcome", "Station"]
