"""What people at the station can see and do: views, actions, and the socket by which commands reach the daemon."""
