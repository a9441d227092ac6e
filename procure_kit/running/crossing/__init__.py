"""What a value looks like while it crosses between tests and program. Takes a value; hands on JSON, and a value again.

Read plain_data.py first: it sends plain data as it is, library_values.py, arrays.py and classes.py for what the library
makes, remote_errors.py for exceptions, and handles.py for what stays on its side. held.py tells what is kept there.
"""
