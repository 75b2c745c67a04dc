# Arm MPS2 with FPGA image AN500: Cortex-M7 at 25 MHz, as QEMU's machine mps2-an500 emulates it.
CROSS  := arm-none-eabi-
CPU    := -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard
FAMILY := mps
