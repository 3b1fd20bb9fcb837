"""Where blobs lie: a folder, or S3; both keep the same bytes under the same names."""
