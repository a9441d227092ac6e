"""What a task is, and where sets of tasks come from. Takes the name of a set or a file; hands on `Problem`, and rows.

Read problem.py (a function with its tests) and counterfactual.py (what perturbation makes of one: two programs and
where they differ). Then loading.py, with sets.py (which set lies where), formats.py (whose fields mean what;
codecontests.py has the longest) and fields.py, which checks them. rows.py reads and writes JSON lines for every later
phase, one at a time out of any file of files.py; ranges.py has the numbers that a caller can mean; markdown.py tables.
"""
