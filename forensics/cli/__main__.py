"""`python -m forensics.cli`: the command line of this very installation."""

from forensics.cli.main import main

main()
