"""One analysis a source, which serves every concept. Takes a text; hands on its tree, scopes, flow and effects.

Read source_tree.py (a text and its positions), then scopes.py and name_walk.py (who sees which name), flow.py and
control_flow.py (which definition reaches which use), and analysis.py, which puts them together. inference.py says what
types are certain; effects.py and statement_effects.py, what an expression and a statement may do to the world.
"""
