"""Which test proves which requirement of the playbook: ``python -m tests.requirements`` prints the table."""
