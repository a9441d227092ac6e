"""The small world that `tiny` lives in: families of functions, composed from pieces, written by authors with habits.

Read generation.py, then sketch.py, pieces.py and one of families/; addons.py, names.py and habits.py vary what is
written down, and compose.py makes problems of it. corpus.py is the text that `tiny` is trained on.
"""
