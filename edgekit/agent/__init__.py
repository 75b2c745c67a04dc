"""What runs on a Linux board: standard library, numpy and a TFLite runtime, Python 3.7 or later."""
