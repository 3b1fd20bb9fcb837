"""One folder a service; services speak to one another by task name only."""
