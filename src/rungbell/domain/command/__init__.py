"""Incident command: who leads, what they say it is, and how it goes from hand to hand (playbook L724-799)."""
