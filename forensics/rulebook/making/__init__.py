"""Writers of the formats that mutations put samples into; only trials of rules use them."""
