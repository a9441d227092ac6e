"""What `procure` runs, one file a command: `EPILOG`, `add_arguments(parser)`, and `run(args)`, whose result is the
exit code.

Each takes file names and options, calls one phase, and hands on rows or pages on disk. Read perturb.py, which hands
over to perturb_by_llm.py, and validate.py, which hands over to validate_tree.py, where that is what is asked for.
"""
