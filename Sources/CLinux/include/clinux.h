// What Swift's Glibc module lacks: calls declared only under _GNU_SOURCE, headers outside the
// module, and variadic calls. Every function behaves as the call it is named after: -1 and errno on
// failure unless said otherwise. No logic lives here.
//
// Hazard: _GNU_SOURCE must not be defined in this header. It would change the declarations of
// headers that the Glibc module has already imported. The .c file defines it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Readiness bits of epoll, equal to EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP and EPOLLRDHUP.
enum {
  CLINUX_EPOLL_IN = 0x001,
  CLINUX_EPOLL_OUT = 0x004,
  CLINUX_EPOLL_ERROR = 0x008,
  CLINUX_EPOLL_HANGUP = 0x010,
  CLINUX_EPOLL_READ_HANGUP = 0x2000,
};

// struct epoll_event, whose layout (packed on x86-64 only) is checked in the .c file.
#if defined(__x86_64__)
#define CLINUX_EPOLL_PACKED __attribute__((packed))
#else
#define CLINUX_EPOLL_PACKED
#endif
typedef struct CLINUX_EPOLL_PACKED {
  uint32_t events;
  uint64_t data;
} clinux_epoll_event;

// argv[index] of main, kept by a constructor: NULL behind the last one.
const char *clinux_argument(int index);

// epoll_create1(EPOLL_CLOEXEC).
int clinux_epoll_create(void);
// epoll_ctl with EPOLL_CTL_ADD, EPOLL_CTL_MOD and EPOLL_CTL_DEL.
int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t data);
int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t data);
int clinux_epoll_remove(int epoll, int descriptor);
int clinux_epoll_wait(
    int epoll, clinux_epoll_event *events, int capacity, int timeout_milliseconds);

// eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK).
int clinux_eventfd(void);
// Adds 1 to the counter; reads and so clears it.
int clinux_eventfd_signal(int descriptor);
int clinux_eventfd_clear(int descriptor);

// Blocks the signals in the calling thread and opens a nonblocking signalfd for them.
int clinux_signalfd(const int *signals, size_t count);
// Reads one signal: 1 and the outputs, or -1 and errno (EAGAIN: none waits).
int clinux_signalfd_read(int descriptor, int *signal, pid_t *process, uid_t *user);
// fork(): the child is killed once its parent has ended, and dies of its own faults as the kernel
// has it, without a core and without another's handler.
pid_t clinux_fork(void);
// Starts this program once more, with one word and one path as its arguments and without an
// environment; it blocks and ignores no signal, writes its standard output to `output`, and has
// no other descriptor of this process but its standard error. Returns an error number.
int clinux_spawn_self(const char *word, const char *path, int output, pid_t *child);
// Lets all others go first, on the processors and the disks.
void clinux_give_way(void);
// Kills a process that has given way. It may no longer: on a busy machine its end would take long.
void clinux_end_soon(pid_t process);
// Ends this process with the thread that has started it.
void clinux_end_with_parent(void);
// signal(SIGPIPE, SIG_IGN).
int clinux_ignore_sigpipe(void);
// signal(SIGXFSZ, SIG_IGN).
int clinux_ignore_sigxfsz(void);

// socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), with SOCK_NONBLOCK when asked for.
int clinux_unix_socket(bool nonblocking);
// socketpair of the same kind.
int clinux_unix_socketpair(bool nonblocking, int descriptors[2]);
// bind and connect to a path of `length` bytes, at most CLINUX_UNIX_PATH_MAXIMUM.
int clinux_unix_bind(int descriptor, const uint8_t *path, size_t length);
int clinux_unix_connect(int descriptor, const uint8_t *path, size_t length);
// sun_path less the terminating NUL.
enum { CLINUX_UNIX_PATH_MAXIMUM = 107 };
// accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK).
int clinux_accept(int descriptor);
// getsockopt(SO_PEERCRED).
int clinux_peer_credentials(int descriptor, uid_t *user, gid_t *group, pid_t *process);
// getsockopt(SO_PEERGROUPS) into room for *count groups. Gives in *count how many there are, also
// when it fails with ERANGE because there is too little room.
int clinux_peer_groups(int descriptor, gid_t *groups, size_t *count);
// getsockopt(SO_PEERPIDFD): a pidfd, closed on exec. ENOPROTOOPT before Linux 6.5.
int clinux_peer_process(int descriptor);
// setsockopt(SO_PASSRIGHTS, 0). ENOPROTOOPT before Linux 6.16.
int clinux_refuse_rights(int descriptor);
// send with MSG_NOSIGNAL.
ssize_t clinux_send(int descriptor, const void *bytes, size_t count);

// SCM_MAX_FD: the most descriptors that one message carries.
enum { CLINUX_DESCRIPTORS_MAXIMUM = 253 };
// sendmsg with MSG_NOSIGNAL and 1 to CLINUX_DESCRIPTORS_MAXIMUM descriptors (SCM_RIGHTS).
ssize_t clinux_send_descriptors(
    int socket, const void *bytes, size_t byte_count, const int *descriptors,
    size_t descriptor_count);
// recvmsg with MSG_CMSG_CLOEXEC into room for CLINUX_DESCRIPTORS_MAXIMUM descriptors. Gives how many
// came, and whether the kernel dropped some (MSG_CTRUNC).
ssize_t clinux_receive_descriptors(
    int socket, void *bytes, size_t byte_count, int *descriptors, size_t *descriptor_count,
    bool *is_truncated);

// open(2) with a mode; O_CLOEXEC is added.
int clinux_open(const char *path, int flags, mode_t mode);
// Sets or clears O_NONBLOCK.
int clinux_set_nonblocking(int descriptor, bool nonblocking);
// flock(LOCK_EX | LOCK_NB).
int clinux_lock_exclusive(int descriptor);
// flock(LOCK_UN), which also lets go of what copies of the descriptor hold.
int clinux_unlock(int descriptor);
// fcntl with F_OFD_SETLK and F_WRLCK or F_UNLCK on one byte.
int clinux_lock_byte(int descriptor, int64_t offset, bool is_locked);
// fcntl with F_OFD_GETLK: 1 where another open file has locked the byte, 0 where none has.
int clinux_is_byte_locked(int descriptor, int64_t offset);

// adjtimex: whether the wall clock is synchronized (no STA_UNSYNC); false where that can't be said.
bool clinux_clock_is_synchronized(void);

// Asks the processor to read the line of its cache that `address` lies in.
static inline void clinux_prefetch(const void *address) { __builtin_prefetch(address); }

// getrandom(bytes, count, 0).
ssize_t clinux_getrandom(void *bytes, size_t count);

// RLIMIT_CORE to 0 and PR_SET_DUMPABLE to 0.
int clinux_disable_core_dumps(void);
// Raises the soft RLIMIT_NOFILE to the hard one and gives the new soft limit.
int clinux_raise_descriptor_limit(uint64_t *limit);
// How many processors the calling thread may run on.
int clinux_available_cores(void);

// Starts a thread that calls `body(context)`. Gives an error number, or 0.
int clinux_thread_start(
    unsigned long *thread, const char *name, void (*body)(void *context), void *context);
// sched_getaffinity and sched_setaffinity of the calling thread: a bit for each processor.
int clinux_get_affinity(unsigned long long *mask, unsigned long byte_count);
int clinux_set_affinity(const unsigned long long *mask, unsigned long byte_count);
// pthread_join and pthread_detach. Give an error number, or 0.
int clinux_thread_join(unsigned long thread);
int clinux_thread_detach(unsigned long thread);

// strerrorname_np and strerrordesc_np: static, untranslated, NULL for an unknown number.
const char *clinux_error_name(int error_number);
const char *clinux_error_description(int error_number);
