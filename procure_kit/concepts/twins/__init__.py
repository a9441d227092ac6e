"""Twins that break: for a counterfactual, an edit of the same kind and size at the same site that changes what happens.

Takes a `Counterfactual`; hands on another, with `soundness="breaking"`. Read twin.py, then one way of breaking, such as
flip.py. Whether a twin really breaks is for the tests (validation/twins.py).
"""
