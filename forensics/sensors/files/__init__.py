"""Watched folders: hints, settling, reconciling."""
