"""A compiled pipeline, run on this machine as the backend and its launcher would run it."""
