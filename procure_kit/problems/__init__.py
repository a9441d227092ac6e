"""What a task is, and where sets of tasks come from. Takes the name of a set or a file; hands on `Problem`, and rows.

Read problem.py first, then loading.py, with sets.py (which set lies where) and formats.py (whose fields mean what;
codecontests.py has the longest). rows.py reads and writes JSON lines for every later phase, fields.py checks them, and
counterfactual.py is what perturbation makes of a problem: two programs and where they differ.
"""
