"""Rule packs: load, lint, test."""
