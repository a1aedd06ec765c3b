"""How registered content came from where it was issued to where it left."""
