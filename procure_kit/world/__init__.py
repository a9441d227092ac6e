"""The small world that `tiny` lives in. Takes a seed and habits; hands on `Problem`s, and the text `tiny` learns from.

Its functions come in families, are composed from pieces, and are written down by authors with habits. Read
generation.py, then sketch.py, pieces.py and one of families/; addons.py, names.py and habits.py vary what is written
down, and compose.py makes problems of it, with tests on inputs.py. corpus.py is the text that `tiny` is trained on.
"""
