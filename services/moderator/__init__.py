"""Decides which pictures readers are shown."""
