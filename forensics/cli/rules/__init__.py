"""`earwitness rules`: the rule author's workbench, a file per command."""
