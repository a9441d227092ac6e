"""Many trainings that differ in one thing. Takes a recipe and its arms; hands on rows, and paired differences.

Two experiments: curves/ tunes `tiny` by every reading of the loss and scores it on its way, smollm2/ asks the same of
a real model. Read curves/ first; downstream.py with downstream_tasks.py asks for other tasks, and scores.py scores a
model on the world's held-out problems.
"""
