"""Recognising a registered clip in other sound."""
