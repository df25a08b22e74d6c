"""What README and docs show of graftui: a small study, pictures of it, a session."""
