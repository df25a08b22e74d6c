"""What bench/rivals.py and bench/plots.py ask of others: scripts for a Python without graftui.

Each asks by what the other documents for its users, and answers with what it saw, so that who
compares times can see that the same was asked.
"""
