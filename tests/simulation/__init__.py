"""The micro simulation: rungbell's own parts in a small world of chance, judged by a second reading of the rules."""
