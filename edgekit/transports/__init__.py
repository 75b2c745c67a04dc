"""One way to reach a device per file."""
