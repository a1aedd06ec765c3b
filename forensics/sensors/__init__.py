"""Sensors: the only code that touches the operating system's files and interfaces."""
