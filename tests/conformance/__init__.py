"""One test for each test case of the official programme for a charging station, against the running daemon."""
