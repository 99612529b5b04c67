"""Stories: what can happen to a charging station, played with real processes; each ends with a check."""
