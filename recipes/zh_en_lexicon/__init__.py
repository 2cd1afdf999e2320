"""How the table of words in the package (corpus/align/zh-en.lexicon.gz) is learnt."""
