// Uses kept answers as a client in C does, for the benchmark to measure.
#pragma once

#include "postern_epochs.h"

// So many uses, of entry after entry in an order that looks random. With `is_by_secret` each use
// hashes the secret, of `secret_bytes` bytes, and looks it up; else it has the entry at hand.
// Returns how many of them held.
typedef struct ckeptbench ckeptbench;
ckeptbench *ckeptbench_make(const char *socket_path, uint32_t entries, uint32_t secret_bytes);
void ckeptbench_add(ckeptbench *bench, const void *secret, const postern_keep *keep);
uint64_t ckeptbench_use(ckeptbench *bench, uint64_t uses, int is_by_secret);
void ckeptbench_free(ckeptbench *bench);
