"""Incidents as the API shows them: listed, whole, their timeline, and what is ahead. Nothing here changes one."""
