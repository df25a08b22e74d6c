"""Benchmarks: ratios of two things timed in one run, and latencies against their bounds."""
