"""One contract for every database that can be a store, and what is particular to the SQLite file."""
