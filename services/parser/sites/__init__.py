"""Sites that the general extractor fails on, one file each."""
