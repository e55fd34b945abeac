"""Every metric, a module for each subject; ``whole`` puts them together.

Rules
-----
* What the hot path counts is looked up once: ``intake.source``, ``paging.channel`` and ``requests.of`` give ready
  children.
* A name that a reload took out of the configuration loses its series, so that alerts about it end. What still comes
  for it afterwards is counted under ``GONE``: a closed value, however often names change.
* No alert, person, token or address is ever a label value; ``tests/telemetry`` holds the number of series constant.
"""
