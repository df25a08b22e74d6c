"""What the command line prints: tables, and a run's progress while it is watched."""
