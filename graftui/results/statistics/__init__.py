"""Statistics of paired answers: joined rows, differences, intervals, exact tests. No file is read.

Imports numpy, so whoever draws a listing imports it where it is needed; scipy is imported later
still, within the functions that ask it.
"""
