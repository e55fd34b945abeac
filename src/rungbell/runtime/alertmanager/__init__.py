"""What rungbell asks of the Alertmanagers beside it: what fires, what webhooks lost, to silence what somebody holds."""
