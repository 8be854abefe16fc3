"""Change a masked part of a picture."""
