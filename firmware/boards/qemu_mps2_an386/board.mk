# Arm MPS2 with FPGA image AN386: Cortex-M4F at 25 MHz, as QEMU's machine mps2-an386 emulates it.
CROSS  := arm-none-eabi-
CPU    := -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard
FAMILY := mps
