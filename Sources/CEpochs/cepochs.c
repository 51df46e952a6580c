#define _GNU_SOURCE
#include "cepochs.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>

_Static_assert(
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a futex is the lower half of its word");

int cepochs_create(size_t byte_count, uint64_t **words, int *descriptor) {
  int file = memfd_create("postern-epochs", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) return -1;
  // Allocated ahead: when memory is short, a process that touches a missing page is killed.
  void *page = MAP_FAILED;
  if (fallocate(file, 0, 0, (off_t)byte_count) == 0)
    page = mmap(NULL, byte_count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page != MAP_FAILED && mlock(page, byte_count) == 0 &&
      fcntl(file, F_ADD_SEALS,
            F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0) {
    *words = page;
    *descriptor = file;
    return 0;
  }
  int code = errno;
  if (page != MAP_FAILED) munmap(page, byte_count);
  close(file);
  errno = code;
  return -1;
}

uint64_t *cepochs_create_private(size_t byte_count) {
  void *page = mmap(NULL, byte_count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? NULL : page;
}

void cepochs_destroy(uint64_t *words, size_t byte_count) { munmap(words, byte_count); }

// What the kernel reads when the thread ends. It lies in shared memory, which the killer of
// processes that use too much memory leaves alone; it may empty private memory before the threads
// have ended, and then no word would be marked.
struct cepochs_owner {
  struct robust_list_head head;
  struct robust_list node;
  pthread_t thread;
  uint64_t *word;
  uint32_t state;
  bool ends_at_once;
};

enum { STARTING, RUNNING, FAILED, ENDING };

static void wait_while(uint32_t *state, uint32_t value) {
  while (__atomic_load_n(state, __ATOMIC_ACQUIRE) == value)
    syscall(SYS_futex, state, FUTEX_WAIT, value, NULL, NULL, 0);
}

static void set(uint32_t *state, uint32_t value) {
  __atomic_store_n(state, value, __ATOMIC_RELEASE);
  syscall(SYS_futex, state, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

// Replaces the list that the C library has given the thread, which owns no robust mutex.
static void *live(void *argument) {
  cepochs_owner *owner = argument;
  owner->node.next = &owner->head.list;
  owner->head.list.next = &owner->node;
  owner->head.futex_offset = (long)((intptr_t)owner->word - (intptr_t)&owner->node);
  if (syscall(SYS_set_robust_list, &owner->head, sizeof owner->head) != 0) {
    set(&owner->state, FAILED);
    return NULL;
  }
  // After the list: from now on a death is marked.
  __atomic_store_n(owner->word, (uint64_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
  set(&owner->state, RUNNING);
  if (!owner->ends_at_once) wait_while(&owner->state, RUNNING);
  return NULL;
}

static cepochs_owner *start(uint64_t *word, bool ends_at_once) {
  cepochs_owner *owner = mmap(
      NULL, sizeof *owner, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (owner == MAP_FAILED) return NULL;
  owner->word = word;
  owner->ends_at_once = ends_at_once;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int code = mlock(owner, sizeof *owner) != 0 ? errno : 0;
  if (code == 0) code = pthread_create(&owner->thread, NULL, live, owner);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (code == 0) {
    (void)pthread_setname_np(owner->thread, "epochs");
    wait_while(&owner->state, STARTING);
    if (__atomic_load_n(&owner->state, __ATOMIC_ACQUIRE) == RUNNING) return owner;
    pthread_join(owner->thread, NULL);
    code = ENOSYS;
  }
  munmap(owner, sizeof *owner);
  errno = code;
  return NULL;
}

static void finish(cepochs_owner *owner) {
  pthread_join(owner->thread, NULL);
  munmap(owner, sizeof *owner);
}

cepochs_owner *cepochs_own(uint64_t *word) { return start(word, false); }

void cepochs_disown(cepochs_owner *owner) {
  set(&owner->state, ENDING);
  finish(owner);
}

bool cepochs_marks(uint64_t *word) {
  cepochs_owner *owner = start(word, true);
  if (owner == NULL) return false;
  finish(owner);
  bool is_marked = (cepochs_load(word) & FUTEX_OWNER_DIED) != 0;
  cepochs_store(word, 0);
  return is_marked;
}
