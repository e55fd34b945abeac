"""The life of an incident by hand: how far it has come, and every way in which it ends, goes on elsewhere or wakes
again (playbook L38-47, L251, L365; A8, A11, A12, A43)."""
