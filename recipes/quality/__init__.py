"""Recipe for the signal ``quality``: sound pairs, the same corrupted, and a logistic regression on them."""
