"""The queue and the machine: what runs where, and what waits for what."""
