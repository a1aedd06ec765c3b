"""The self-check: synthetic packages sent by the ways that are watched, to see whether they are seen."""
