"""`earwitness case`: what people investigate together, a file for each command."""
