"""Translation engines, one file each, class `Engine`."""
