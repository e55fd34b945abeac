"""Communication: who must be told what and by when, and who was (playbook L399-607)."""
