"""What follows the end of an incident: the postmortem and its action items (playbook L380-393, L803-958)."""
