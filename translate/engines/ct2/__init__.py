"""MarianMT on CTranslate2."""
