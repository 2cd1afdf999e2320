"""Curation: passes over a bitext after it was made. Nothing is decoded, and nothing goes without a reason."""
