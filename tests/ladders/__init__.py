"""What ``simulate`` says against what the running engine then does, for random policies and alerts."""
