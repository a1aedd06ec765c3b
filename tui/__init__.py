"""The terminal UI over the evidence store."""
