"""Measures one artifact on one device."""
