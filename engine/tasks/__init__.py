"""Tasks: reading their files, sampling K shots, and filling in their prompts."""
