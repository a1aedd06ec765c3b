"""What formats look like: pure readers that typing and several decoders share. They know nothing of plug-ins."""
