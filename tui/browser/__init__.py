"""The console in a browser of this machine: a door that only who has the key passes, and a console for each sitting."""
