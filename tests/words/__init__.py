"""Tests of the fixed words."""
