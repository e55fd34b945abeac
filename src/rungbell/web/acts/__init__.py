"""What people do with an incident: each act is one event through the door, and answered with what is true then."""
