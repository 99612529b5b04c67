"""The twin of a BAUER BSM-WS36A: registers, clock, snapshots, signatures."""
