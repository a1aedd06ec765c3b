"""Sends the self-check's canaries and says what became of them."""
