"""Twins that break: for a counterfactual, an edit of the same kind and size at the same site that changes what happens.

Takes a `Counterfactual`; hands on another, with `soundness="breaking"`. Read twin.py, then one way of breaking, such
as flip.py; the others are swap.py, names.py, types.py and forms.py. size.py compares the two edits. Whether a twin
really breaks is for the tests (validation/twins.py).
"""
