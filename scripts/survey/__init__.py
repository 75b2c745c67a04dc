"""Every technique on the same data, network and seeds: what scripts/measure_techniques.py runs and writes."""
