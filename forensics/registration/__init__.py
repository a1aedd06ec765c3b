"""Registers what is issued: paths in, items of the register out."""
