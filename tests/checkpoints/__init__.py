"""Tiny checkpoints of every local model, made and saved by the tests themselves."""
