"""The tests: units beside the floor they test, and the harnesses that run the daemon as a process."""
