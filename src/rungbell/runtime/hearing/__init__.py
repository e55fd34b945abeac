"""What people answer and type through a channel, made acts on incidents and let in by the door."""
