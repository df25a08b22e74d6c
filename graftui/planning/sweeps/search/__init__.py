"""Searches: sweeps whose cells are chosen as they go, by what came of those before."""
