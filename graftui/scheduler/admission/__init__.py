"""Admission: whether there is room for a run on this machine now, and what of it the run gets."""
