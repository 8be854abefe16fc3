"""Benchmarks: medians and ratios against a named alternative of the same run. Never part of the test suite."""
