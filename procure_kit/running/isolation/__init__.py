"""What keeps a program in its place. Takes a process; hands it on with fewer rights.

Read system.py (the levels' names, and what any of them needs), levels.py (which level this system allows, and how each
is made), then landlock.py and seccomp.py, which it calls. usage.py measures what a program takes.
"""
