"""What a request says and an answer is made of: bodies, times, parameters, routes, errors, idempotency.

Nothing here knows what an incident, a schedule or a token is.
"""
