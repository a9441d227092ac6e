"""Programs against their tests, in processes of their own. Takes a program and a `Problem`; hands on a `TestResult`.

Read runner.py (what a caller sees), worker.py and zygote.py (the processes). The boundary between tests and program has
two sides: oracle.py runs the tests, candidate.py the program, and all that passes between them goes through
boundary.py, put by plain_data.py, handles.py and remote_errors.py into what wire.py sends. plain_tests.py and
stdin_program.py are the other ways of testing, explanation.py says why a test failed. isolation/ keeps a program in its
place.
"""
