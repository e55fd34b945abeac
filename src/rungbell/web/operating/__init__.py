"""What whoever runs rungbell asks it: is it well, how does it stand, its metrics, a copy of its store."""
