"""The form of a new run, or of a run again."""
