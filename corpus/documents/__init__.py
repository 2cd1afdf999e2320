"""Files as people have them: what is text in them taken out, and put back translated, all else byte for byte."""
