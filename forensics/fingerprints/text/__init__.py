"""Recognising a registered passage in other text."""
