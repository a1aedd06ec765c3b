"""Ways to change a sample, one a file; the folder is the registry."""
