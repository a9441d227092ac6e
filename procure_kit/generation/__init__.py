"""Counterfactuals of a whole set. Takes problems; hands on rows, by rules (rules.py) or by a language model (llm/).

Read rules.py; processes.py spreads it over several processes.
"""
