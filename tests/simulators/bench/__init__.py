"""The bench, proved from outside: over its ports, its API and its command line."""
