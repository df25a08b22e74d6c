"""All that graftui and the engine have to agree on: configs, events, run directory, catalog.

Standard library and pydantic only, so that reading it costs the command line little.
"""
