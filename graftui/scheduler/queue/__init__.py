"""The queue: which waiting run is next, what a user says of it, and when what waits will start."""
