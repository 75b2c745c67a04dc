# The runtime as a shared library of this machine: for tests, and to tell on the host whether a model fits a board.
CROSS  :=
CPU    := -fPIC
SHARED := libedgekit_runtime.so
OPTIMIZE_REST := -O2
