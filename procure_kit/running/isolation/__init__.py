"""What keeps a program in its place. Takes a process; hands it on with fewer rights.

Read system.py (the levels' names, and what any of them needs), levels.py (what each level is, and which one this system
allows), then landlock.py and seccomp.py, which make them. usage.py measures what a program takes.
"""
