"""Nouns around the call, one package each; `seams.py` registers them, `noun.py` says what they may join."""
