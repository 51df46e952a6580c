#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(sizeof(clinux_epoll_event) == sizeof(struct epoll_event), "same size");
_Static_assert(
    offsetof(clinux_epoll_event, data) == offsetof(struct epoll_event, data), "same layout");
_Static_assert((int)CLINUX_EPOLL_IN == (int)EPOLLIN, "same bit");
_Static_assert((int)CLINUX_EPOLL_OUT == (int)EPOLLOUT, "same bit");
_Static_assert((int)CLINUX_EPOLL_ERROR == (int)EPOLLERR, "same bit");
_Static_assert((int)CLINUX_EPOLL_HANGUP == (int)EPOLLHUP, "same bit");
_Static_assert((int)CLINUX_EPOLL_READ_HANGUP == (int)EPOLLRDHUP, "same bit");
_Static_assert(
    CLINUX_UNIX_PATH_MAXIMUM + 1 == sizeof(((struct sockaddr_un *)0)->sun_path), "sun_path");
// Options that are newer than the headers. Their numbers are those of every architecture that
// takes them from <asm-generic/socket.h>, x86-64 and ARM included.
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

_Static_assert(sizeof(pthread_t) == sizeof(unsigned long), "pthread_t is an integer");

#ifndef __GLIBC__
#error "only glibc passes a constructor the arguments of main"
#endif
static int argument_count;
static char **arguments;

__attribute__((constructor)) static void keep_arguments(int count, char **values) {
  argument_count = count;
  arguments = values;
}

const char *clinux_argument(int index) {
  return index < argument_count ? arguments[index] : NULL;
}

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  return epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
}

int clinux_epoll_remove(int epoll, int descriptor) {
  return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

int clinux_epoll_wait(
    int epoll, clinux_epoll_event *events, int capacity, int timeout_milliseconds) {
  return epoll_wait(epoll, (struct epoll_event *)events, capacity, timeout_milliseconds);
}

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int clinux_eventfd_signal(int descriptor) {
  const uint64_t one = 1;
  return write(descriptor, &one, sizeof one) == sizeof one ? 0 : -1;
}

int clinux_eventfd_clear(int descriptor) {
  uint64_t counter;
  return read(descriptor, &counter, sizeof counter) == sizeof counter ? 0 : -1;
}

int clinux_signalfd(const int *signals, size_t count) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < count; i++) {
    if (sigaddset(&set, signals[i]) != 0) return -1;
  }
  int code = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (code != 0) {
    errno = code;
    return -1;
  }
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_signalfd_read(int descriptor, int *signal, pid_t *process, uid_t *user) {
  struct signalfd_siginfo information;
  ssize_t count = read(descriptor, &information, sizeof information);
  if (count < 0) return -1;
  if (count != sizeof information) {
    errno = EIO;
    return -1;
  }
  *signal = (int)information.ssi_signo;
  *process = (pid_t)information.ssi_pid;
  *user = information.ssi_uid;
  return 1;
}

pid_t clinux_fork(void) {
  pid_t parent = getpid();
  pid_t child = fork();
  if (child != 0) return child;
  static const int faults[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGTRAP, SIGFPE};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) signal(faults[i], SIG_DFL);
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent) _exit(127);
  return 0;
}

int clinux_spawn_self(const char *word, const char *path, int output, pid_t *child) {
  char *arguments[] = {"posternd", (char *)word, (char *)path, NULL};
  // Else a fault would take as long as a stack is printed.
  char *environment[] = {"SWIFT_BACKTRACE=enable=no", NULL};
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int code = posix_spawn_file_actions_init(&actions);
  if (code != 0) return code;
  code = posix_spawnattr_init(&attributes);
  if (code == 0) {
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    code = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (code == 0)
      code = posix_spawn(child, "/proc/self/exe", &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return code;
}

void clinux_give_way(void) {
  enum { OF_PROCESS = 1, IDLE = 3 << 13 };
  setpriority(PRIO_PROCESS, 0, 19);
  syscall(SYS_ioprio_set, OF_PROCESS, 0, IDLE);
}

void clinux_end_soon(pid_t process) {
  // As far as RLIMIT_NICE lets it.
  setpriority(PRIO_PROCESS, (id_t)process, 0);
  kill(process, SIGKILL);
}

void clinux_end_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

int clinux_ignore_sigpipe(void) { return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0; }

int clinux_ignore_sigxfsz(void) { return signal(SIGXFSZ, SIG_IGN) == SIG_ERR ? -1 : 0; }

static int socket_type(bool nonblocking) {
  return SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0);
}

int clinux_unix_socket(bool nonblocking) { return socket(AF_UNIX, socket_type(nonblocking), 0); }

int clinux_unix_socketpair(bool nonblocking, int descriptors[2]) {
  return socketpair(AF_UNIX, socket_type(nonblocking), 0, descriptors);
}

static int fill_address(struct sockaddr_un *address, const uint8_t *path, size_t length) {
  if (length == 0 || length > CLINUX_UNIX_PATH_MAXIMUM) {
    errno = length == 0 ? EINVAL : ENAMETOOLONG;
    return -1;
  }
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  return 0;
}

int clinux_unix_bind(int descriptor, const uint8_t *path, size_t length) {
  struct sockaddr_un address;
  if (fill_address(&address, path, length) != 0) return -1;
  return bind(descriptor, (const struct sockaddr *)&address, sizeof address);
}

int clinux_unix_connect(int descriptor, const uint8_t *path, size_t length) {
  struct sockaddr_un address;
  if (fill_address(&address, path, length) != 0) return -1;
  return connect(descriptor, (const struct sockaddr *)&address, sizeof address);
}

int clinux_accept(int descriptor) {
  return accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int clinux_peer_credentials(int descriptor, uid_t *user, gid_t *group, pid_t *process) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
  if (length != sizeof credentials) {
    errno = EINVAL;
    return -1;
  }
  *user = credentials.uid;
  *group = credentials.gid;
  *process = credentials.pid;
  return 0;
}

int clinux_peer_groups(int descriptor, gid_t *groups, size_t *count) {
  socklen_t length = (socklen_t)(*count * sizeof *groups);
  int result = getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &length);
  *count = length / sizeof *groups;
  return result;
}

int clinux_peer_process(int descriptor) {
  int process = -1;
  socklen_t length = sizeof process;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERPIDFD, &process, &length) != 0) return -1;
  return process;
}

int clinux_refuse_rights(int descriptor) {
  const int no = 0;
  return setsockopt(descriptor, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no);
}

ssize_t clinux_send(int descriptor, const void *bytes, size_t count) {
  return send(descriptor, bytes, count, MSG_NOSIGNAL);
}

ssize_t clinux_send_descriptors(
    int socket, const void *bytes, size_t byte_count, const int *descriptors,
    size_t descriptor_count) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(CLINUX_DESCRIPTORS_MAXIMUM * sizeof(int))];
  } control;
  if (descriptor_count == 0 || descriptor_count > CLINUX_DESCRIPTORS_MAXIMUM) {
    errno = EINVAL;
    return -1;
  }
  memset(&control, 0, sizeof control);
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = byte_count};
  struct msghdr message = {
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = &control,
      .msg_controllen = CMSG_SPACE(descriptor_count * sizeof(int))};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptor_count * sizeof(int));
  memcpy(CMSG_DATA(header), descriptors, descriptor_count * sizeof(int));
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t clinux_receive_descriptors(
    int socket, void *bytes, size_t byte_count, int *descriptors, size_t *descriptor_count,
    bool *is_truncated) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(CLINUX_DESCRIPTORS_MAXIMUM * sizeof(int))];
  } control;
  struct iovec part = {.iov_base = bytes, .iov_len = byte_count};
  struct msghdr message = {
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = &control,
      .msg_controllen = sizeof control};
  *descriptor_count = 0;
  *is_truncated = false;
  ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (received < 0) return -1;
  *is_truncated = (message.msg_flags & MSG_CTRUNC) != 0;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(descriptors + *descriptor_count, CMSG_DATA(header), count * sizeof(int));
    *descriptor_count += count;
  }
  return received;
}

int clinux_open(const char *path, int flags, mode_t mode) {
  return open(path, flags | O_CLOEXEC, mode);
}

int clinux_set_nonblocking(int descriptor, bool nonblocking) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags == -1) return -1;
  return fcntl(descriptor, F_SETFL, nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int clinux_lock_exclusive(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

int clinux_unlock(int descriptor) { return flock(descriptor, LOCK_UN); }

static struct flock one_byte(int64_t offset, short kind) {
  return (struct flock){.l_type = kind, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
}

int clinux_lock_byte(int descriptor, int64_t offset, bool is_locked) {
  struct flock lock = one_byte(offset, is_locked ? F_WRLCK : F_UNLCK);
  return fcntl(descriptor, F_OFD_SETLK, &lock);
}

int clinux_is_byte_locked(int descriptor, int64_t offset) {
  struct flock lock = one_byte(offset, F_RDLCK);
  if (fcntl(descriptor, F_OFD_GETLK, &lock) == -1) return -1;
  return lock.l_type != F_UNLCK;
}

ssize_t clinux_getrandom(void *bytes, size_t count) { return getrandom(bytes, count, 0); }

int clinux_disable_core_dumps(void) {
  const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int clinux_raise_descriptor_limit(uint64_t *limit) {
  struct rlimit current;
  if (getrlimit(RLIMIT_NOFILE, &current) != 0) return -1;
  current.rlim_cur = current.rlim_max;
  *limit = current.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &current);
}

int clinux_available_cores(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  // A machine with more processors than the set holds answers EINVAL: ask how many are online.
  if (sched_getaffinity(0, sizeof set, &set) != 0) return (int)sysconf(_SC_NPROCESSORS_ONLN);
  return CPU_COUNT(&set);
}

struct thread_start {
  void (*body)(void *context);
  void *context;
};

static void *thread_main(void *argument) {
  struct thread_start start = *(struct thread_start *)argument;
  free(argument);
  start.body(start.context);
  return NULL;
}

int clinux_thread_start(
    unsigned long *thread, const char *name, void (*body)(void *context), void *context) {
  struct thread_start *start = malloc(sizeof *start);
  if (start == NULL) return ENOMEM;
  start->body = body;
  start->context = context;
  int code = pthread_create((pthread_t *)thread, NULL, thread_main, start);
  if (code != 0) {
    free(start);
    return code;
  }
  // The name only helps a person who watches the process, so a refusal is no failure.
  (void)pthread_setname_np(*thread, name);
  return 0;
}

int clinux_thread_join(unsigned long thread) { return pthread_join(thread, NULL); }

int clinux_thread_detach(unsigned long thread) { return pthread_detach(thread); }

const char *clinux_error_name(int error_number) { return strerrorname_np(error_number); }

const char *clinux_error_description(int error_number) { return strerrordesc_np(error_number); }

int clinux_get_affinity(unsigned long long *mask, unsigned long byte_count) {
  return sched_getaffinity(0, byte_count, (cpu_set_t *)mask);
}

int clinux_set_affinity(const unsigned long long *mask, unsigned long byte_count) {
  return sched_setaffinity(0, byte_count, (const cpu_set_t *)mask);
}

bool clinux_clock_is_synchronized(void) {
  struct timex state = {.modes = 0};
  int code = adjtimex(&state);
  return code >= 0 && code != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}
