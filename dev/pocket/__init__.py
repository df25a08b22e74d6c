"""The pocket language: its grammar, its tasks, and the making of its base models."""
