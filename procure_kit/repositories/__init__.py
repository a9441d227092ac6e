"""Whole source trees. Takes a folder of Python files; hands on a rewritten copy, and its suite's verdict.

Read files.py (which files, read and written how), perturbation.py, then suite.py and validation.py.
"""
