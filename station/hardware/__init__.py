"""What the station is built of besides meters: charge controllers, readers, sensors of parking bays, displays."""
