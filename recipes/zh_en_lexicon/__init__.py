"""How the table of words in the package (corpus/lexicon/zh-en.lexicon.gz) is learnt."""
