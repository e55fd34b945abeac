"""The file as its writer sees it, a module for each family of keys; ``file`` is the whole.

Rules
-----
* Keys that are not named here are mistakes. Values of one key never depend on another file.
* What can be said about one value is checked by its type; what spans several is checked in ``crosscheck``.
* ``X: SecretStr`` can also be written as ``X_file`` (see ``secrets``); no model says so twice.
"""
