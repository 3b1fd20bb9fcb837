"""Tagging engines, one file each, class `Engine`."""
