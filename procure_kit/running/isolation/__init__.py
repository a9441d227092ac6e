"""What keeps a program in its place. Takes a process; hands it on with fewer rights.

Read system.py (the levels' names, and what any of them needs), levels.py (which levels there are, and which one this system allows), then namespaces.py, landlock.py and
seccomp.py, which make them. limits.py and usage.py bound and measure what a program takes.
"""
