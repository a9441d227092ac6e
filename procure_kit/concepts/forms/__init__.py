"""A family of the kit's own beside the paper's five concepts: the same statement in another form.

Takes an analysed source; hands on `Candidate`s, as the files beside this folder do. Read mirrored_comparison.py and
augmented_assignment.py first; guard_clause.py, nested_condition.py and for_while.py move whole lines, with lines.py.
"""
