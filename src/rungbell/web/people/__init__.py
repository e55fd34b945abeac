"""The people of the configuration: who is known or forgotten, and which of their contacts work."""
