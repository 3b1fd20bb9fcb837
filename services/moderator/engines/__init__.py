"""Picture classifiers, one file each, class `Engine`."""
