# The runtime as a static program for 64-bit Arm Linux: frames on stdin and stdout, no Python, no libraries.
CROSS         := aarch64-linux-gnu-
CPU           :=
FAMILY        := linux
PROGRAM       := edgekit_runtime
OPTIMIZE_REST := -O2
