// The daemon's edge of the page of counters: shared memory, atomic words, and the kernel's mark at
// its death. The layout, and how clients read, is in postern_epochs.h.
#pragma once

#include "postern_epochs.h"

#include <stdbool.h>
#include <stdint.h>

// Makes a page of zeros that only this process can write, that no process can make shorter, and
// that is never swapped out. 0, or -1 and errno.
int cepochs_create(size_t byte_count, uint64_t **words, int *descriptor);
// Zeros that no other process sees; NULL where there is no address space left.
uint64_t *cepochs_create_private(size_t byte_count);
void cepochs_destroy(uint64_t *words, size_t byte_count);

static inline uint64_t cepochs_load(const uint64_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
static inline void cepochs_store(uint64_t *word, uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
static inline void cepochs_store_relaxed(uint64_t *word, uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}
static inline void cepochs_fence_release(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }
static inline void cepochs_fence_acquire(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
// Stores a value unless a greater one, as signed numbers, is there; any thread may.
static inline void cepochs_raise(uint64_t *word, int64_t value) {
  uint64_t present = __atomic_load_n(word, __ATOMIC_RELAXED);
  while ((int64_t)present < value &&
         !__atomic_compare_exchange_n(
             word, &present, (uint64_t)value, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
  }
}

// A thread that does nothing but live as long as the process. The kernel marks `word` when it ends.
typedef struct cepochs_owner cepochs_owner;
// Starts it; `word` holds its number when this returns. NULL and errno on failure.
cepochs_owner *cepochs_own(uint64_t *word);
// Ends it. `word` must be zero.
void cepochs_disown(cepochs_owner *owner);
// Whether this kernel marks a word whose thread has ended. `word` is zero afterwards.
bool cepochs_marks(uint64_t *word);
