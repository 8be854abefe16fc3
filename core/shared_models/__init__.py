"""Weights that a public package ships, and the small nets that several capabilities share."""
