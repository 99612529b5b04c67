"""What survives a power cut: SQLite, one file an aggregate."""
