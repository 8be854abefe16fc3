"""Words: answers assembled from measurement."""
