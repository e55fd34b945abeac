"""Alembic's home: the migrations of the store, imported only where a file is behind."""
