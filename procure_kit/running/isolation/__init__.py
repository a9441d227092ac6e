"""What keeps a program in its place. Takes a process; hands it on with fewer rights.

Read system.py (the levels' names, and what any of them needs), levels.py (which level this system allows), then
namespaces.py, landlock.py and seccomp.py, which make them. privileges.py and ties.py say what a process may do to
others, readable.py and folder.py which files there are for it, limits.py and usage.py how much it takes. libc.py calls
the system.
"""
