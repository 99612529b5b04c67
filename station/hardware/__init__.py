"""What the station is built of: charge controllers, card readers, and their null objects."""
