"""Earwitness: sensors notice, channels say what leaves, decoders open it, matchers compare, triage decides."""
