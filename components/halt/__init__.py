"""The node that stops a run whose gate refused it."""
