"""What counts now, in memory: the rules with what is laid over them, tokens, contacts, who was forgotten."""
