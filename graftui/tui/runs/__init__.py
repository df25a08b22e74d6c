"""The main screen: the runs, and what its keys start."""
