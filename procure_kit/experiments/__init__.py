"""Many trainings that differ in one thing. Takes a recipe and its arms; hands on a row a run, and paired differences.

Read arms.py and data.py, then runs.py (which trains and scores) and results.py (which compares). downstream.py with
downstream_tasks.py asks for other tasks; scores.py scores a model on the world's held-out problems.
curves/ and smollm2/ are experiments of their own.
"""
