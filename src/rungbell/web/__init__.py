"""HTTP in: webhooks, acknowledgement links, the API, health and metrics.

Every handler turns a request into an event, hands it to the door and words the answer; no rule is decided here.
"""
