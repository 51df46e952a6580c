// The heap of a program that holds secrets for as long as it runs, in strings and arrays which it
// can't wipe one by one: each block is wiped instead, when it goes.
//
// `free` and `realloc` here take the place of glibc's for the whole process, libraries included, and
// call on to them. `malloc` and all others stay glibc's. Sanitizers have a heap of their own, with
// which this must not meddle.

#define _GNU_SOURCE
#include "cwipingheap.h"

#include <malloc.h>
#include <stdbool.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_OTHER_HEAP 1
#endif
#endif

#if defined(__GLIBC__) && !defined(HAS_OTHER_HEAP)

extern void __libc_free(void *block);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_malloc(size_t size);

static bool is_wiping;

void wiping_heap_begin(void) { is_wiping = true; }

void free(void *block) {
  if (is_wiping && block != NULL) explicit_bzero(block, malloc_usable_size(block));
  __libc_free(block);
}

// Glibc would leave the old block as it is where it moves the bytes to another.
void *realloc(void *block, size_t size) {
  if (!is_wiping || block == NULL || size == 0) return __libc_realloc(block, size);
  size_t old = malloc_usable_size(block);
  if (size <= old && size >= old / 2) return block;
  void *moved = __libc_malloc(size);
  if (moved == NULL) return NULL;
  memcpy(moved, block, old < size ? old : size);
  free(block);
  return moved;
}

#else

void wiping_heap_begin(void) {}

#endif
