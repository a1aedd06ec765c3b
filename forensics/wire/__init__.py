"""Packets become streams and streams become objects."""
