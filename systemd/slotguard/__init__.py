"""The guard of software slots: installs a signed release beside the one in use, tries it, and takes it back.

Runs as root with the Python of the system, from /usr/lib/sandi: nothing of it is in a slot, and it imports and runs
nothing of one. Only the standard library.
"""
