"""Pictures in pixels, for terminals that take them: sixel (DEC STD 070) and the graphics protocol of kitty."""
