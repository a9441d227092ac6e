"""Whole source trees. Takes a folder of Python files; hands on a rewritten copy and its manifest, then verdicts.

Read perturbation.py, with files.py (which files, and their bytes kept), then validation.py, which finds the site to
blame, by suite.py, which runs the tree's own tests.
"""
