"""All sweeps."""
