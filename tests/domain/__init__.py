"""The rules of the playbook, tested without a socket, a database or a sleep."""
