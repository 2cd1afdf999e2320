"""The files of a MarianMT model: which there are, where they lie, and what is in them."""
