"""edgekit: a Keras model goes in, a benchmark report from the board comes out.

Importing this package never imports TensorFlow.
"""

__version__ = "0.1.0"
