"""The scheduler: starts engines, watches them, and never leaves a run "running" that isn't."""
