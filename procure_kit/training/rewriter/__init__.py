"""SmolLM2, tuned to rewrite programs by edits: a generator that needs no network. Takes the rules' counterfactuals of
others' programs; hands on an adapter, and a `Client` that asks it in this process.

Read rows.py (what is learnt), training.py with __main__.py (how), adapter.py (what ships), serving.py (who answers).
"""
