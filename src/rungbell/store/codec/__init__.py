"""Between the core's values and what columns hold: a module for each kind of thing that is kept.

Rules
-----
* ``…_row`` gives the columns of a value by name, ``…_from`` reads a row of the columns that a statement names.
* Members give their ``_value_``: before Python 3.12 ``value`` is a function call, and here it is made for every row.
"""
