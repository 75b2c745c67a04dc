# BBC micro:bit version 1: nRF51822 with Cortex-M0 at 16 MHz, as QEMU's machine microbit emulates it.
CROSS   := arm-none-eabi-
CPU     := -mcpu=cortex-m0 -mthumb
# At -Os its eight registers make the stack deeper than 1 KiB.
OPTIMIZE_REST := -O2
# Two frame buffers must leave room for a model in 16 KiB.
DEFINES := -DEK_MAX_BODY=256u
