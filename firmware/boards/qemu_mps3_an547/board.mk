# Arm MPS3 with FPGA image AN547: Cortex-M55 with Helium, as QEMU's machine mps3-an547 emulates it.
CROSS  := arm-none-eabi-
CPU    := -mcpu=cortex-m55 -mthumb -mfpu=auto -mfloat-abi=hard
FAMILY := mps
