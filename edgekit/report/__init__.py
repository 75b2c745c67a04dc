"""Turns result records into tables and pages."""
