"""Finds the names in articles."""
