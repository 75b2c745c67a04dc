# Arm MPS2 with FPGA image AN385: Cortex-M3 at 25 MHz, as QEMU's machine mps2-an385 emulates it.
CROSS  := arm-none-eabi-
CPU    := -mcpu=cortex-m3 -mthumb
FAMILY := mps
