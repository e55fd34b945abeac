"""What is learnt when it is over: postmortems with their action items, and what is gone through again and again."""
