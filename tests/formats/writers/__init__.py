"""One package in the shapes of many tools, written by small writers of our own."""
