"""The bench: meters, charge controllers, vehicles and card readers of a station without any hardware."""
