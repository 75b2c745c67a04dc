"""Frames and messages, shared by host and agent: standard library only, Python 3.7 or later. See SPEC.md."""
