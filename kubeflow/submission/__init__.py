"""A compiled pipeline, handed to a cluster by an environment of its own."""
