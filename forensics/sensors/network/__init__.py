"""Interfaces: the dumpcap ring and its follower, and who owns a socket."""
