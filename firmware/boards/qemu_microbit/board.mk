# BBC micro:bit version 1: nRF51822 with Cortex-M0 at 16 MHz, as QEMU's machine microbit emulates it.
CROSS   := arm-none-eabi-
CPU     := -mcpu=cortex-m0 -mthumb
# At -O2 the compiler keeps too much on the stack: eight registers are few.
OPTIMIZE := -Os
# Two frame buffers must leave room for a model in 16 KiB.
DEFINES := -DEK_MAX_BODY=256u
