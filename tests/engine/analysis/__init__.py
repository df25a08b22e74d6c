"""What is said of skills beside their scores."""
