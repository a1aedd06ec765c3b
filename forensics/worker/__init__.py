"""The worker process: what runs on the far side of the socket."""
