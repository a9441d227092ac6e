"""One analysis a source, which serves every concept. Takes a text; hands on its tree, scopes, flow and effects.

Read analysis.py, which puts all together, then what it asks: source_tree.py (a text and its positions; python_tree.py
is Python's own), scopes.py with name_walk.py and scope_rules.py (which variable a name stands for), flow.py with
control_flow.py and evaluation_order.py (which definition reaches which use). inference.py says which types are certain;
effects.py, inert_operators.py and statement_effects.py, what an expression and a statement may do to the world.
"""
