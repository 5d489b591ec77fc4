"""The nouns around the call, one package each. `seams.py` registers them; `noun.py` says what each may join."""
