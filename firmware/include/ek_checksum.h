/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 for frames (zlib's polynomial) and SHA-256 for models. */
#ifndef EK_CHECKSUM_H
#define EK_CHECKSUM_H

#include <stdint.h>

#define EK_SHA256_BYTES 32u

/* CRC-32/ISO-HDLC of `length` bytes. */
uint32_t ek_crc32(const uint8_t *bytes, uint32_t length);

/* SHA-256 (FIPS 180-4) of `length` bytes. */
void ek_sha256(const uint8_t *bytes, uint32_t length, uint8_t digest[EK_SHA256_BYTES]);

#endif
