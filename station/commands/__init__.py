"""One file a subcommand of `station`."""
