"""What lint looks for: each module's checks are found by being there, each with its code, level, reason and mend."""
