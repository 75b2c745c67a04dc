# Arm MPS2+ with FPGA image AN505: Cortex-M33 with FPU and DSP extension, as QEMU's machine mps2-an505 emulates it.
CROSS  := arm-none-eabi-
CPU    := -mcpu=cortex-m33 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard
FAMILY := mps
