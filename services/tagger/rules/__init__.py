"""Rules that find names: one file a kind and script; engines/rules.py puts them together."""
