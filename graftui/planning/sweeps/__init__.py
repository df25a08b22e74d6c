"""Sweeps: a recipe over a grid of settings. What is done of one is known by identity."""
