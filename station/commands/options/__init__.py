"""What may be said to each command; only what stands on the command line is loaded, and nothing heavy with it."""
