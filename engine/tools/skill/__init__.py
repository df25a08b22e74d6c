"""Answers about skill files."""
