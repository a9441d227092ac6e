"""Which concept leads from one program to another. Takes two programs; hands on a `Classification`.

Read concept_check.py (is it this concept, and nothing else?), then one check, such as flip.py; mixture.py and
recognition.py ask the same of every concept at once. syntax_pairs.py walks two syntax trees side by side for all.
"""
