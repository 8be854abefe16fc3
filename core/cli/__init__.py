"""The command line: a face like the pages, for scripts. Results on stdout, progress and errors on stderr."""
