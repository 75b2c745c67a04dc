# Netduino Plus 2: STM32F405 with Cortex-M4F at 168 MHz, as QEMU's machine netduinoplus2 emulates it.
CROSS   := arm-none-eabi-
CPU     := -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard
DEFINES := -DEK_MAX_BODY=1024u
