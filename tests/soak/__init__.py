"""The soak: half an hour of everything that happens in months, and a judgement of what was kept."""
