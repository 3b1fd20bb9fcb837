"""The `kiosque` command."""
