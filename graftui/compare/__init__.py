"""Runs compared: side by side, and collected over seeds. Pure functions over rows."""
