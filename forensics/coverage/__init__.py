"""Whether something would have been seen: of any time and channel, what was covered, degraded, opaque or blind."""
