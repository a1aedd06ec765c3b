"""The demonstration: a scratch workstation, the real monitors, and six journeys played with real clients."""
