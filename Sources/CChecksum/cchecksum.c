#include "cchecksum.h"

#include <stdbool.h>
#include <string.h>

#if defined(__aarch64__)
#include <sys/auxv.h>
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
#endif

// Of each byte; filled before main.
static uint32_t table[256];
static bool has_instruction;

__attribute__((constructor)) static void prepare(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    table[byte] = crc;
  }
#if defined(__x86_64__)
  __builtin_cpu_init();
  has_instruction = __builtin_cpu_supports("sse4.2");
#elif defined(__aarch64__)
  has_instruction = getauxval(AT_HWCAP) & HWCAP_CRC32;
#endif
}

uint32_t cchecksum_crc32c_table(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  crc = ~crc;
  while (count--) crc = crc >> 8 ^ table[(crc ^ *next++) & 0xff];
  return ~crc;
}

#if defined(__x86_64__) || defined(__aarch64__)

#if defined(__x86_64__)
#define WITH_INSTRUCTION __attribute__((target("sse4.2")))
#define TAKE_WORD(crc, word) (uint32_t)__builtin_ia32_crc32di(crc, word)
#define TAKE_BYTE(crc, byte) __builtin_ia32_crc32qi(crc, byte)
#else
#define WITH_INSTRUCTION __attribute__((target("crc")))
#define TAKE_WORD(crc, word) __builtin_arm_crc32cd(crc, word)
#define TAKE_BYTE(crc, byte) __builtin_arm_crc32cb(crc, byte)
#endif

WITH_INSTRUCTION static uint32_t by_instruction(
    uint32_t crc, const uint8_t *next, size_t count) {
  crc = ~crc;
  for (; count >= 8; next += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    crc = TAKE_WORD(crc, word);
  }
  for (; count; next++, count--) crc = TAKE_BYTE(crc, *next);
  return ~crc;
}

uint32_t cchecksum_crc32c(uint32_t crc, const void *bytes, size_t count) {
  if (has_instruction) return by_instruction(crc, bytes, count);
  return cchecksum_crc32c_table(crc, bytes, count);
}

#else

uint32_t cchecksum_crc32c(uint32_t crc, const void *bytes, size_t count) {
  return cchecksum_crc32c_table(crc, bytes, count);
}

#endif
