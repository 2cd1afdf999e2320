"""Which words, and which sentences, are translations of each other."""
