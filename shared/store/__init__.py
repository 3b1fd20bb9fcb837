"""Queries, a file a noun."""
