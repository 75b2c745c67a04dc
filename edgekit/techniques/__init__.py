"""One compression technique per file."""
