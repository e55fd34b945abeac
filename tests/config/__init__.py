"""The configuration floor: what a file says, and what is said about a file that is wrong."""
