"""One matcher per kind of rule."""
