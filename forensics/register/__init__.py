"""What was issued, to whom, and the sanctioned way back."""
