"""Pictures known again by what is lighter and darker in them, whatever they were saved, scaled or cropped to."""
