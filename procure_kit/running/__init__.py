"""Programs against their tests, in processes of their own. Takes a program and a `Problem`; hands on a `TestResult`.

Read runner.py (what a caller sees), worker.py and zygote.py (the processes), then the two sides of the border:
oracle.py runs the tests, candidate.py the program, and boundary.py is all that passes between them, as plain_data.py
and handles.py put it and wire.py sends it. plain_tests.py and stdin_program.py are the other ways of testing.
isolation/ is what keeps a program in its place.
"""
