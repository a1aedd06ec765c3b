"""De-identification: whether packages tell of a device or a person, and where."""
