"""The immutable values that flow through a turn."""
