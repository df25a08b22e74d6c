"""From what is asked for, a recipe or a run again, to plans: the runs to queue. Starts nothing."""
