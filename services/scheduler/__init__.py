"""Publishes what is due; the one loop that no message starts."""
