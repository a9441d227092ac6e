"""Programs against their tests, in processes of their own. Takes a program and a `Problem`; hands on a `TestResult`.

Read runner.py (what a caller sees), worker.py and zygote.py (the processes). The boundary between tests and program has
two sides: oracle.py runs the tests, by asking.py, candidate.py the program, and all that passes between them goes
through boundary.py, put by crossing/ into what wire.py sends. sharing.py and program_sharing.py notice where tests and
program could tell that they are apart, and together.py asks both in one process then. plain_tests.py, calls_ahead.py
and explanation.py look at the tests' text; cases.py and stdin_program.py are for programs that read standard input;
reference.py makes tests of what a program returns on its inputs, by recording.py; in_order.py keeps many jobs in order.
isolation/ keeps a program in its place.
"""
