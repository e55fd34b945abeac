"""The words of what is told: the playbook's templates, and templates of one's own."""
