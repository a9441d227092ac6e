"""The concepts, one file each. Takes an analysed source; hands on `Site`s and, for one of them, text edits.

Read table.py, then one concept, such as if_else_flip.py with negation.py, and perturbation.py, which finds and rewrites
for all. composition.py rewrites many sites at once. recognition/ goes the other way: from two programs to the concept.
"""
