"""Screens decide: they hear what widgets announce, and ask the app for work."""
