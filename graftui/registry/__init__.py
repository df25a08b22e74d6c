"""The registry: runs.db, filled from the run directories, which are the truth."""
