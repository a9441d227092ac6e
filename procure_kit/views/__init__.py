"""Pictures, pages and widgets of any stage. Takes what a stage hands on; shows it.

Read code_html.py (a pair, side by side) and figures.py, then explorer.py and reviewing.py (widgets), lessons.py (the
notebooks' exercises) and pair/ (where a model looks, in both programs). screenshot.py turns a page into a picture.
"""
