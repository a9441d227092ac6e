"""A language model as the generator. Takes problems and a `Client`; hands on rows that were validated and repaired.

Read prompting.py with prompts/ (what is asked), generation.py (ask, judge, repair), client.py with http.py, reply.py
and record.py (one request, its faults, its price, its record), fences.py (the program in a reply). form.py says how a
model is asked and read: so, or by edits.py with excerpts.py, as a small model can that is tuned for it. server.py
serves a model of one's own; table.py compares generators; background.py keeps several requests under way.
"""
