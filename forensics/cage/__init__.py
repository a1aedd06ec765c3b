"""What a process that reads hostile bytes gives up before it starts, so that who takes it over gains little."""
