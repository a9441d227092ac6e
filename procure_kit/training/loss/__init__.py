"""The concept-sensitive loss. Takes a model and a batch; hands on its parts and their sum.

Read loss.py (the three terms, with a readable reference of each), then projection.py (cross-entropy without the logits
of a whole sequence) and attention.py (the attention on chosen tokens without the maps).
"""
