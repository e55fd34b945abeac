"""rungbell: rings until someone answers.

An alert-paging daemon between Prometheus Alertmanager and people. The tree is built in floors; a lower floor never
imports a higher one (import-linter holds it):

6. ``cli``        what people type
5. ``app``        the composition root: builds everything, starts it in order, stops it in reverse
4. ``web``        HTTP in: webhooks, acknowledgement links, the API
3. ``runtime``    the shell around the core: the door for events, the clock watcher, the outbox sender, heartbeats
2. ``store``, ``notifiers``   siblings: what is remembered, and how people are reached
1. ``config``, ``clock``, ``telemetry``
0. ``domain``     values and pure functions: every rule of the playbook
"""

__version__ = "0.1.0"
