"""One run in detail: summary, configuration, curves, log."""
