"""Which concept leads from one program to another, whoever wrote it. Takes two programs; hands on a `Classification`.

Read concept_check.py (is it this concept, and nothing else?), then a concept's own check: flip.py with truth.py,
swap.py, names.py, types.py with orders.py, forms.py with loops.py. recognition.py asks the same of every concept when
nobody says which, and mixture.py of several at once. syntax_pairs.py walks two syntax trees side by side for all.
"""
