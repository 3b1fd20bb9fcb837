"""Reads an article out of a page."""
