/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware: bytes from the board's UART go to the device, for ever. */
#include "ek_board.h"
#include "ek_device.h"

static ek_device_t device;

int main(void) {
  ek_device_init(&device, ek_board_init());
  for (;;) {
    (void)ek_device_feed(&device, ek_board_read()); /* text is nobody's yet */
  }
}
