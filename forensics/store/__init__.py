"""The evidence store: one SQLite file and the content beside it."""
