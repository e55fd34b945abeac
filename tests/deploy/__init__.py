"""What is shipped for running rungbell: manifests, unit, image, alert rules."""
