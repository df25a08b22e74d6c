"""The dashboard: everything that the command line can do, live, with the same names."""
