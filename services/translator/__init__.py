"""Puts articles into the other languages."""
