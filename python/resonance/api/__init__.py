"""Modules under the names of the Python package that Resonance replaces."""
