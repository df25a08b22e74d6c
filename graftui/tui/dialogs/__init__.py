"""What lies on top of a screen for a moment: a question, a choice, help."""
