"""The concepts, one file each. Takes an analysed source; hands on `Site`s and, for one of them, text edits.

Read table.py, which lists them, and if_else_flip.py with negation.py, a whole concept. perturbation.py finds and
rewrites for all of them, composition.py many sites at once, nesting.py as deep as Python reads; renaming.py is what
the three concepts of names share, type_use.py and keyword_calls.py are what others ask. forms/ is a family of our
own, which nobody gets unasked; twins/ does the same edits wrong. recognition/ goes the other way: from two programs
to the concept.
"""
