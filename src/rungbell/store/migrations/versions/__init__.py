"""One file per migration, oldest first.

After one is added, ``python -m tests.store.write_newest`` writes down what all of them come to, for new files.
"""
