"""Polls feeds and fetches pages."""
