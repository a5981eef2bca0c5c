"""What a kill, a failed system call, a power cut, a race and a reader can do to the store.

`python -m tests.crash` (or `make crash`) runs the long form and prints its figures;
tests/test_crash.py keeps a shorter one. Needs Linux and strace.
"""
