"""Training: the loop, its optimizer, the best weights, and where a run stands as a value."""
