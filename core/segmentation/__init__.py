"""Boxes and clicks to masks."""
