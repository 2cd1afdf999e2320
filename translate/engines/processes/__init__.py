"""Engines in processes of their own: several at a time, and one that dies takes no other with it."""
