#define _GNU_SOURCE
#include "csync.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

static _Thread_local int failure;

int csync_take_failure(void) {
  int taken = failure;
  failure = 0;
  return taken;
}

__attribute__((visibility("default"))) int fdatasync(int descriptor) {
  static _Atomic(void *) next;
  void *found = atomic_load_explicit(&next, memory_order_relaxed);
  if (found == NULL) {
    found = dlsym(RTLD_NEXT, "fdatasync");
    atomic_store_explicit(&next, found, memory_order_relaxed);
  }
  int result;
  do {
    result = found != NULL ? ((int (*)(int))found)(descriptor) : fsync(descriptor);
  } while (result == -1 && errno == EINTR);
  if (result == -1) failure = errno;
  return result;
}
