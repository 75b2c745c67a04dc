# The runtime as a static program for x86-64 Linux, of any distribution and C library.
CROSS         := x86_64-linux-gnu-
CPU           :=
FAMILY        := linux
PROGRAM       := edgekit_runtime
OPTIMIZE_REST := -O2
