"""What other trackers are asked in bench/rivals.py: scripts for their Python, which has no graftui.

Each asks by what its tracker documents for its users, and answers with what it saw, so that who
compares times can see that the same was asked.
"""
