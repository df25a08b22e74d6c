"""The one query language: text -> tree -> SQL over runs.db, or the same said in Python."""
