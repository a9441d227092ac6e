"""The pair view of attention. Takes a model and a pair of programs; hands on one page that opens offline.

Read view.py; measuring.py with layer_reading.py (the attention of every layer and head, in eight bits), units.py and
merging.py (from model tokens to code tokens, lines and syntax nodes), alignment.py (what stands where in the other
program), and page.py, which puts page.html, style.css and the two scripts together.
"""
