"""Words of the one language and what they become in the other: a table in the package, and how one is learnt."""
