"""Who is let in, and as whom: the gate before any path, whoever calls behind it, passwords, and tokens."""
