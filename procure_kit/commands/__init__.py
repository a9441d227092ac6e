"""What `procure` runs, one file a command: `add_arguments(parser)`, and `run(args)`, which returns the exit code.

perturb.py hands over to perturb_by_llm.py, and validate.py to validate_tree.py, where that is what is asked for.
"""
