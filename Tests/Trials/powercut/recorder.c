// Writes down, in one order, what a program does to the files of one folder and what it sends to
// sockets: loaded into it by LD_PRELOAD.
//
//   POSTERN_RECORD          the file to append to
//   POSTERN_RECORD_FOLDER   the folder, an absolute path without links
//   POSTERN_RECORD_BOOT     a file with the id of another boot, for the program to believe
//
// A write is noted before it begins, a sync after it has returned, and what is sent before it is sent.
// So whatever was sent when the power failed has its syncs before it in the record, or it was sent too
// early. Mappings are not seen: a file that is written through one must not matter after a power cut.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES = 65536, NAME = 256 };

struct record {
  uint8_t kind;
  uint8_t flag;
  uint16_t name_length;
  uint32_t descriptor;
  int64_t offset;
  int64_t length;
  uint64_t data_length;
};

static int trace = -1;
static char folder[PATH_MAX];
static size_t folder_length;
// The name below the folder, with an empty one for the folder itself; NULL for anything else.
static char *names[FILES];
static uint8_t is_synchronous[FILES];
// The number of a connection that was accepted; 0 for anything else.
static uint32_t connections[FILES];
static uint32_t connection_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void note(char kind, int flag, const char *name, int descriptor, int64_t offset, int64_t length,
                 const struct iovec *parts, int part_count);

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("POSTERN_RECORD");
  const char *where = getenv("POSTERN_RECORD_FOLDER");
  if (path == NULL || where == NULL) return;
  int opened = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (opened < 0) abort();
  // Out of the way of what the program counts.
  trace = fcntl(opened, F_DUPFD_CLOEXEC, 900);
  syscall(SYS_close, opened);
  folder_length = strlen(where);
  memcpy(folder, where, folder_length + 1);
  note('B', 0, "", 0, 0, 0, NULL, 0);
}

static void note(char kind, int flag, const char *name, int descriptor, int64_t offset, int64_t length,
                 const struct iovec *parts, int part_count) {
  struct record record = {.kind = (uint8_t)kind, .flag = (uint8_t)flag, .descriptor = (uint32_t)descriptor,
                          .offset = offset, .length = length, .name_length = (uint16_t)strlen(name)};
  struct iovec pieces[1024 + 2] = {{&record, sizeof record}, {(void *)name, record.name_length}};
  if (part_count > 1024) abort();
  for (int i = 0; i < part_count; i++) {
    pieces[i + 2] = parts[i];
    record.data_length += parts[i].iov_len;
  }
  int saved = errno;
  size_t total = sizeof record + record.name_length + record.data_length;
  pthread_mutex_lock(&lock);
  // All at once, or not at all: the file is on a disk with room. More parts than IOV_MAX go in two.
  int first = part_count + 2 > IOV_MAX ? IOV_MAX : part_count + 2;
  ssize_t written = syscall(SYS_writev, trace, pieces, first);
  if (first < part_count + 2 && written >= 0)
    written += syscall(SYS_writev, trace, pieces + first, part_count + 2 - first);
  if (written != (ssize_t)total) abort();
  pthread_mutex_unlock(&lock);
  errno = saved;
}

// The name below the folder, in `buffer`; NULL if it lies elsewhere.
static const char *below(int at, const char *path, char *buffer) {
  if (trace < 0) return NULL;
  char whole[PATH_MAX * 2];
  if (path[0] == '/') {
    snprintf(whole, sizeof whole, "%s", path);
  } else {
    char link[64], base[PATH_MAX];
    if (at == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
    else snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t count = readlink(link, base, sizeof base - 1);
    if (count < 0) return NULL;
    base[count] = 0;
    snprintf(whole, sizeof whole, "%s/%s", base, path);
  }
  if (strncmp(whole, folder, folder_length) != 0) return NULL;
  const char *rest = whole + folder_length;
  if (*rest != 0 && *rest != '/') return NULL;
  while (*rest == '/') rest++;
  if (strcmp(rest, ".") == 0) rest = "";
  snprintf(buffer, NAME, "%s", rest);
  return buffer;
}

static const char *name_of(int descriptor) {
  if (trace < 0 || descriptor < 0 || descriptor >= FILES) return NULL;
  return names[descriptor];
}

static int opened(int descriptor, int at, const char *path, int flags, int existed) {
  char buffer[NAME];
  if (descriptor < 0 || descriptor >= FILES) return descriptor;
  const char *name = below(at, path, buffer);
  if (name == NULL) return descriptor;
  free(names[descriptor]);
  names[descriptor] = strdup(name);
  is_synchronous[descriptor] = (flags & O_DSYNC) != 0;
  if (*name != 0 && !existed) note('C', 0, name, descriptor, 0, 0, NULL, 0);
  if (*name != 0 && existed && (flags & O_TRUNC)) note('T', 0, name, descriptor, 0, 0, NULL, 0);
  return descriptor;
}

static int exists(int at, const char *path) {
  struct stat status;
  int saved = errno;
  int there = fstatat(at, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
  errno = saved;
  return there;
}

static int open_at(int at, const char *path, int flags, mode_t mode) {
  int existed = trace < 0 || exists(at, path);
  return opened((int)syscall(SYS_openat, at, path, flags, mode), at, path, flags, existed);
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list list; \
    va_start(list, flags); \
    mode = va_arg(list, mode_t); \
    va_end(list); \
  }

// The boot whose power is cut at the end is not the one in which the files are opened again.
static const char *of_boot(const char *path) {
  const char *other = getenv("POSTERN_RECORD_BOOT");
  return other != NULL && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0 ? other : path;
}

int open(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, of_boot(path), flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, of_boot(path), flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_at(at, path, flags, mode); }
int __open_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }

int close(int descriptor) {
  if (descriptor >= 0 && descriptor < FILES) {
    if (descriptor == trace) return 0;
    free(names[descriptor]);
    names[descriptor] = NULL;
    connections[descriptor] = 0;
  }
  return (int)syscall(SYS_close, descriptor);
}

int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
  int accepted = (int)syscall(SYS_accept4, listener, address, length, flags);
  if (accepted >= 0 && accepted < FILES)
    connections[accepted] = __atomic_add_fetch(&connection_count, 1, __ATOMIC_RELAXED);
  return accepted;
}

int accept(int listener, struct sockaddr *address, socklen_t *length) {
  return accept4(listener, address, length, 0);
}

// Files.

static void noted_write(int descriptor, int64_t offset, const struct iovec *parts, int count) {
  const char *name = name_of(descriptor);
  if (name == NULL) return;
  if (offset < 0) {
    offset = fcntl(descriptor, F_GETFL) & O_APPEND ? lseek(descriptor, 0, SEEK_END)
                                                   : lseek(descriptor, 0, SEEK_CUR);
  }
  note('W', is_synchronous[descriptor], name, descriptor, offset, 0, parts, count);
}

static ssize_t written(int descriptor, ssize_t result) {
  const char *name = name_of(descriptor);
  if (name == NULL) return result;
  // A short write did less than was noted: what it left out must not matter, but say so.
  note(is_synchronous[descriptor] ? 'S' : 'w', 0, name, descriptor, 0, result, NULL, 0);
  return result;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  struct iovec part = {(void *)bytes, count};
  noted_write(descriptor, offset, &part, 1);
  return written(descriptor, syscall(SYS_pwrite64, descriptor, bytes, count, offset));
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
  return pwrite(descriptor, bytes, count, offset);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
  noted_write(descriptor, offset, parts, count);
  return written(descriptor, syscall(SYS_pwritev, descriptor, parts, count, offset, 0));
}
ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off_t offset) {
  return pwritev(descriptor, parts, count, offset);
}

static void noted_send(int descriptor, const struct iovec *parts, int count);
static ssize_t sent(int descriptor, ssize_t result);

ssize_t write(int descriptor, const void *bytes, size_t count) {
  struct iovec part = {(void *)bytes, count};
  if (name_of(descriptor) != NULL) {
    noted_write(descriptor, -1, &part, 1);
    return written(descriptor, syscall(SYS_write, descriptor, bytes, count));
  }
  noted_send(descriptor, &part, 1);
  return sent(descriptor, syscall(SYS_write, descriptor, bytes, count));
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  if (name_of(descriptor) != NULL) {
    noted_write(descriptor, -1, parts, count);
    return written(descriptor, syscall(SYS_writev, descriptor, parts, count));
  }
  noted_send(descriptor, parts, count);
  return sent(descriptor, syscall(SYS_writev, descriptor, parts, count));
}

int ftruncate(int descriptor, off_t length) {
  const char *name = name_of(descriptor);
  if (name != NULL) note('T', 0, name, descriptor, 0, length, NULL, 0);
  return (int)syscall(SYS_ftruncate, descriptor, length);
}
int ftruncate64(int descriptor, off_t length) { return ftruncate(descriptor, length); }

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
  const char *name = name_of(descriptor);
  int result = (int)syscall(SYS_fallocate, descriptor, mode, offset, length);
  if (name != NULL && result == 0) note('A', mode, name, descriptor, offset, length, NULL, 0);
  return result;
}
int fallocate64(int descriptor, int mode, off_t offset, off_t length) {
  return fallocate(descriptor, mode, offset, length);
}
int posix_fallocate(int descriptor, off_t offset, off_t length) {
  return fallocate(descriptor, 0, offset, length) == 0 ? 0 : errno;
}
int posix_fallocate64(int descriptor, off_t offset, off_t length) {
  return posix_fallocate(descriptor, offset, length);
}

int fdatasync(int descriptor) {
  int result = (int)syscall(SYS_fdatasync, descriptor);
  const char *name = name_of(descriptor);
  if (name != NULL && result == 0) note('F', 0, name, descriptor, 0, 0, NULL, 0);
  return result;
}
int fsync(int descriptor) {
  int result = (int)syscall(SYS_fsync, descriptor);
  const char *name = name_of(descriptor);
  if (name != NULL && result == 0) note('F', 1, name, descriptor, 0, 0, NULL, 0);
  return result;
}

// The folder.

static int moved(char kind, int at, const char *from, int to_at, const char *to, int result) {
  char one[NAME], other[NAME];
  const char *old = below(at, from, one), *new = below(to_at, to, other);
  if (result != 0 || new == NULL) return result;
  struct iovec part = {(void *)new, strlen(new)};
  if (old != NULL) note(kind, 0, old, 0, 0, 0, &part, 1);
  return result;
}

int renameat2(int at, const char *from, int to_at, const char *to, unsigned flags) {
  return moved('R', at, from, to_at, to, (int)syscall(SYS_renameat2, at, from, to_at, to, flags));
}
int renameat(int at, const char *from, int to_at, const char *to) { return renameat2(at, from, to_at, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int at, const char *from, int to_at, const char *to, int flags) {
  return moved('L', at, from, to_at, to, (int)syscall(SYS_linkat, at, from, to_at, to, flags));
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int at, const char *path, int flags) {
  char buffer[NAME];
  int result = (int)syscall(SYS_unlinkat, at, path, flags);
  const char *name = below(at, path, buffer);
  if (result == 0 && name != NULL) note('U', 0, name, 0, 0, 0, NULL, 0);
  return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

// Answers.

static void noted_send(int descriptor, const struct iovec *parts, int count) {
  if (trace < 0 || descriptor < 0 || descriptor >= FILES || connections[descriptor] == 0) return;
  note('M', 0, "", (int)connections[descriptor], 0, 0, parts, count);
}

static ssize_t sent(int descriptor, ssize_t result) {
  if (trace < 0 || descriptor < 0 || descriptor >= FILES || connections[descriptor] == 0) return result;
  note('m', 0, "", (int)connections[descriptor], 0, result, NULL, 0);
  return result;
}

ssize_t sendto(int descriptor, const void *bytes, size_t count, int flags, const struct sockaddr *to,
               socklen_t length) {
  struct iovec part = {(void *)bytes, count};
  noted_send(descriptor, &part, 1);
  return sent(descriptor, syscall(SYS_sendto, descriptor, bytes, count, flags, to, length));
}
ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
  return sendto(descriptor, bytes, count, flags, NULL, 0);
}
ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
  noted_send(descriptor, message->msg_iov, (int)message->msg_iovlen);
  return sent(descriptor, syscall(SYS_sendmsg, descriptor, message, flags));
}
