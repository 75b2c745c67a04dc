"""Brings a runtime to a Linux board that has no internet: downloads on the host, uploads over SSH, verifies."""
