"""The dashboard in a browser: `graftui serve`, by textual-serve."""
