"""What several services need and none owns; start with pipeline.py, the map."""
