"""One way out per file."""
