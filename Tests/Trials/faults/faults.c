// Makes reads and writes of a ledger's file fail, to be loaded before a program with LD_PRELOAD.
//
// POSTERN_FAULTS names a file of six 32-bit numbers, which the trial changes while the
// program runs:
//   0  which operation fails: 0 none, 1 pages, 2 meta page, 3 sync, 4 allocation
//   1  the error number; 0: the operation does half of what it should
//   2  how many of these operations pass before the first that fails
//   3  how many fail then; -1: all
//   4  how many have failed
//   5  how many of these operations have been seen
// Only `data.mdb` is concerned, and for syncs also `probe`, by which a daemon looks whether the disk
// takes writes. LMDB writes the meta page by a descriptor that syncs with each write, which tells it
// from pages.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NONE, PAGES, META, SYNC, ALLOCATION };
enum { OPERATION, ERROR, PASSES, TIMES, FAILED, SEEN, FIELDS };

static _Atomic int32_t *control;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("POSTERN_FAULTS");
  if (path == NULL) return;
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file == -1) return;
  void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) control = mapped;
}

static bool ends(const char *path, ssize_t count, const char *name) {
  ssize_t length = (ssize_t)strlen(name);
  return count >= length && memcmp(path + count - length, name, (size_t)length) == 0;
}

static bool is_concerned(int descriptor, int operation) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, path, sizeof path);
  return ends(path, count, "/data.mdb") || (operation == SYNC && ends(path, count, "/probe"));
}

// Whether this operation fails; the error number, or 0 for half of it.
static bool fails(int operation, int descriptor, int *error) {
  if (control == NULL || atomic_load(&control[OPERATION]) != operation) return false;
  if (!is_concerned(descriptor, operation)) return false;
  int32_t seen = atomic_fetch_add(&control[SEEN], 1);
  int32_t passes = atomic_load(&control[PASSES]), times = atomic_load(&control[TIMES]);
  if (seen < passes || (times >= 0 && seen >= passes + times)) return false;
  atomic_fetch_add(&control[FAILED], 1);
  *error = atomic_load(&control[ERROR]);
  return true;
}

static int write_kind(int descriptor) {
  int flags = fcntl(descriptor, F_GETFL);
  return flags != -1 && (flags & O_DSYNC) ? META : PAGES;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  int error;
  if (!fails(write_kind(descriptor), descriptor, &error))
    return NEXT(pwrite)(descriptor, bytes, count, offset);
  if (error == 0) return NEXT(pwrite)(descriptor, bytes, count / 2, offset);
  errno = error;
  return -1;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
  return pwrite(descriptor, bytes, count, offset);
}

static ssize_t some(
    ssize_t (*next)(int, const struct iovec *, int), int descriptor, const struct iovec *parts,
    int count) {
  int error;
  if (!fails(PAGES, descriptor, &error)) return next(descriptor, parts, count);
  if (error == 0) return next(descriptor, parts, (count + 1) / 2);
  errno = error;
  return -1;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  return some(NEXT(writev), descriptor, parts, count);
}

int fdatasync(int descriptor) {
  int error;
  if (!fails(SYNC, descriptor, &error)) return NEXT(fdatasync)(descriptor);
  errno = error == 0 ? EIO : error;
  return -1;
}

int posix_fallocate(int descriptor, off_t offset, off_t length) {
  int error;
  if (!fails(ALLOCATION, descriptor, &error))
    return NEXT(posix_fallocate)(descriptor, offset, length);
  return error == 0 ? ENOSPC : error;
}

int posix_fallocate64(int descriptor, off_t offset, off_t length) {
  return posix_fallocate(descriptor, offset, length);
}
