"""How the table of words, by which words are linked, is made."""
