# The runtime as a static program for 32-bit Arm Linux (Armv7-A with hardware floating point, as Debian's armhf).
CROSS         := arm-linux-gnueabihf-
CPU           := -march=armv7-a+fp -mfloat-abi=hard
FAMILY        := linux
PROGRAM       := edgekit_runtime
OPTIMIZE_REST := -O2
