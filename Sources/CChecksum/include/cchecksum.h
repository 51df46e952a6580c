// CRC-32C (Castagnoli, reflected, RFC 3720 appendix B.4), which processors compute by themselves:
// x86-64 with SSE 4.2 and AArch64 with the CRC32 extension. Where they can't, a table does.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Goes on from `crc`, that of the bytes before: 0 for none.
uint32_t cchecksum_crc32c(uint32_t crc, const void *bytes, size_t count);

// The same, always by the table: for comparison.
uint32_t cchecksum_crc32c_table(uint32_t crc, const void *bytes, size_t count);
