"""The parts of a story on the screen: pure functions from rows to content."""
