"""Settings that older versions had and that decided nothing about a result: read over.

Standard library only, for those who look at stored configs without checking them.
"""

RETIRED = ("graft.micro_batch", "compute.eval_batch")
"""Paths, as `--set` had them."""
