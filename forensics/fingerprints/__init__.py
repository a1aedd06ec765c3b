"""Pure mathematics of recognising speech and text; no formats, no files."""
