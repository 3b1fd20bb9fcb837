"""What is measured, one file a question; `make bench` runs those that need no data of others."""
