"""Query results in the forms people carry away."""
