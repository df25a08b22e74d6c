"""Widgets show values and announce what the user did. None opens SQLite or starts a process."""
