"""The ML half of graftui: one run in, events and files out.

`python -m engine RUN_DIR` does the work of `RUN_DIR/config.json`. Nothing here knows of the
registry, the command line or the dashboard.
"""
