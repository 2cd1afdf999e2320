"""MarianMT as the transformers library runs it."""
