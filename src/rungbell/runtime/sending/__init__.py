"""What leaves: the outbox is rung through the lanes, and what came of it is told to the door."""
