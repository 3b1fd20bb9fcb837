"""The whole house in one file, and back: tables as lines of JSON and blobs by content hash, in a gzipped tar."""
