"""One format per file: an artifact in, the parts inside out."""
