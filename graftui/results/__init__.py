"""Rows become tables: side by side, collected over seeds, exported. Pure functions over rows."""
