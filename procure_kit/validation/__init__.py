"""Is a counterfactual valid? Takes a `Counterfactual` and its `Problem`; hands on a `Verdict`.

Read validation.py, then mutants.py (had the tests any power?), success.py (shares of valid rows) and twins.py (one
that breaks). problem_names.py says what the name of a set means; `package:NAME` are functions whose doctests are their
tests (doctest_problems.py and doctest_asserts.py).
"""
