// postern_epochs.h: keeps answers of Postern for exactly as long as they are true.
//
// The daemon shares a page of counters, and moves those that a change touches before it acknowledges
// the change. An answer of ValidateToken or Check that may be kept says in `keep` which counters it
// rests on. While `postern_epochs_holds` says so, the answer is what the daemon would say.
//
//   postern_epochs epochs;
//   if (postern_epochs_open(&epochs, "/run/postern/postern.sock") != 0) ask each time;
//   ...
//   if (postern_epochs_holds(&epochs, &entry.keep)) use the answer; else ask again;
//
// The rule: look each time an answer is used, at the beginning of the use, and never before. Nothing
// but `holds` keeps an answer: not its age, not a time that was read earlier. Once `holds` has said
// no, forget the entry. When the daemon has ended, no entry holds: open anew after the next call
// that succeeds. One `postern_epochs` a thread; no call here waits but `postern_epochs_open`.
//
// Count the uses and report them with the receipts of their answers, see `AuditService.ReportUses`:
// the daemon can't know of them otherwise, and the tokens look unused.
//
// GNU C99 for Linux on little-endian machines with 64-bit pointers, GCC or Clang. No library.
#ifndef POSTERN_EPOCHS_H
#define POSTERN_EPOCHS_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

// The layout, format 1: 64-bit little-endian words, each read and written at once.
enum {
  POSTERN_EPOCHS_WORD_MAGIC = 0,
  POSTERN_EPOCHS_WORD_FORMAT = 1,
  // Bits that a reader does not know forbid it to use the page; none is known.
  POSTERN_EPOCHS_WORD_FLAGS = 2,
  // The bytes of the page.
  POSTERN_EPOCHS_WORD_BYTES = 3,
  // Random and not 0; every daemon makes a page of its own.
  POSTERN_EPOCHS_WORD_PAGE = 4,
  // Where the counters are, in words, and how many there are.
  POSTERN_EPOCHS_WORD_START = 5,
  POSTERN_EPOCHS_WORD_COUNT = 6,
  // A number for as long as the daemon lives. The kernel marks it when the daemon dies, however it
  // does, before another process can take the daemon's lock.
  POSTERN_EPOCHS_WORD_OWNER = 8,
  // Until when entries hold, by CLOCK_BOOTTIME; all ones for always.
  POSTERN_EPOCHS_WORD_LEASE = 9,
  // The daemon's time less CLOCK_BOOTTIME, in nanoseconds; it only grows.
  POSTERN_EPOCHS_WORD_CLOCK = 11,
  // The daemon's time is not before this one, in nanoseconds since 1970.
  POSTERN_EPOCHS_WORD_FLOOR = 16,
  POSTERN_EPOCHS_HEADER_WORDS = 64,
};
// "PSTEPOCH"
#define POSTERN_EPOCHS_MAGIC 0x48434f5045545350ULL
#define POSTERN_EPOCHS_FORMAT 1ULL
#define POSTERN_EPOCHS_NO_LEASE UINT64_MAX
// An answer that rests on an end in time is asked for again this much earlier, since the clock that
// is read here may lag behind by some ticks of the kernel.
#define POSTERN_EPOCHS_MARGIN_NANOSECONDS 100000000LL
// What a client sends, alone on a connection of its own, and what the answer begins with; behind it
// the answer has 8 bytes with the daemon's CLOCK_BOOTTIME, and the descriptor goes with it.
#define POSTERN_EPOCHS_HELLO "\001epochs1"
enum { POSTERN_EPOCHS_HELLO_BYTES = 8, POSTERN_EPOCHS_ANSWER_BYTES = 16 };

// What an answer rests on: the fields of the message `Keep`. `until` is INT64_MAX for no end, in
// nanoseconds since 1970 otherwise.
enum { POSTERN_KEEP_COUNTERS = 3 };
typedef struct {
  uint64_t page;
  int64_t until;
  uint32_t count;
  uint32_t index[POSTERN_KEEP_COUNTERS];
  uint64_t value[POSTERN_KEEP_COUNTERS];
} postern_keep;

// A page that was opened. Only the functions of this header use its fields.
typedef struct {
  const uint64_t *words;
  const uint64_t *counters;
  // Zero in a child process: its clocks may be others.
  const uint64_t *here;
  uint64_t byte_count, counter_count, page, owner;
  int64_t wall_shift, boot_shift;
} postern_epochs;

static inline uint64_t postern_epochs_load(const uint64_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline int64_t postern_epochs_clock(clockid_t clock) {
  struct timespec time = {0, 0};
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline int64_t postern_epochs_wall_shift(int64_t *monotonic) {
  int64_t wall = postern_epochs_clock(CLOCK_REALTIME_COARSE);
  *monotonic = postern_epochs_clock(CLOCK_MONOTONIC_COARSE);
  return wall - *monotonic;
}

// CLOCK_BOOTTIME, late by some ticks at most. What it is ahead of CLOCK_MONOTONIC changes only while
// the machine sleeps, and then so does what the wall clock is ahead: as long as that is the same,
// two coarse clocks do, which are cheap.
static inline int64_t postern_epochs_boottime(postern_epochs *epochs) {
  int64_t monotonic, again, shift = postern_epochs_wall_shift(&monotonic);
  while (shift != epochs->wall_shift) {
    epochs->boot_shift = -postern_epochs_clock(CLOCK_MONOTONIC);
    epochs->boot_shift += postern_epochs_clock(CLOCK_BOOTTIME);
    epochs->wall_shift = shift;
    shift = postern_epochs_wall_shift(&again);
    monotonic = again;
  }
  return monotonic + epochs->boot_shift;
}

// Whether the daemon that made the page lives, and this is the process that opened it.
static inline int postern_epochs_is_alive(const postern_epochs *epochs) {
  return epochs->words != NULL && *epochs->here == 1 &&
         postern_epochs_load(epochs->words + POSTERN_EPOCHS_WORD_OWNER) == epochs->owner;
}

// The daemon's time, in nanoseconds since 1970; late by some ticks at most.
static inline int64_t postern_epochs_time(postern_epochs *epochs) {
  int64_t floor = (int64_t)postern_epochs_load(epochs->words + POSTERN_EPOCHS_WORD_FLOOR);
  int64_t offset = (int64_t)postern_epochs_load(epochs->words + POSTERN_EPOCHS_WORD_CLOCK);
  int64_t now = postern_epochs_boottime(epochs) + offset;
  return now < floor ? floor : now;
}

// Whether nothing has changed that an answer rests on, whatever the time of its end: 1 or 0.
//
// Hazard: the order. First the owner and the lease, then the counters, then the clocks: a lease that
// is loaded after the counters may be one that a change behind them was waited for with.
static inline int postern_epochs_is_unchanged(
    const postern_epochs *epochs, const postern_keep *keep) {
  if (!postern_epochs_is_alive(epochs) || keep->page != epochs->page) return 0;
  const uint64_t *words = epochs->words;
  uint64_t lease = postern_epochs_load(words + POSTERN_EPOCHS_WORD_LEASE);
  if (keep->count == 0 || keep->count > POSTERN_KEEP_COUNTERS) return 0;
  for (uint32_t i = 0; i < keep->count; i++) {
    if (keep->index[i] >= epochs->counter_count) return 0;
    if (postern_epochs_load(epochs->counters + keep->index[i]) != keep->value[i]) return 0;
  }
  return lease == POSTERN_EPOCHS_NO_LEASE || postern_epochs_clock(CLOCK_BOOTTIME) < (int64_t)lease;
}

// Whether an answer still holds: 1 or 0.
static inline int postern_epochs_holds(postern_epochs *epochs, const postern_keep *keep) {
  if (!postern_epochs_is_unchanged(epochs, keep)) return 0;
  return keep->until == INT64_MAX ||
         postern_epochs_time(epochs) < keep->until - POSTERN_EPOCHS_MARGIN_NANOSECONDS;
}

// The same, for who counts uses to report them: `now` is then the daemon's time of the use.
static inline int postern_epochs_holds_at(
    postern_epochs *epochs, const postern_keep *keep, int64_t *now) {
  if (!postern_epochs_is_unchanged(epochs, keep)) return 0;
  *now = postern_epochs_time(epochs);
  return *now < keep->until - POSTERN_EPOCHS_MARGIN_NANOSECONDS;
}

// Maps the page behind a descriptor, which may be closed afterwards. 0, or -1 and errno.
static inline int postern_epochs_map(postern_epochs *epochs, int descriptor) {
  memset(epochs, 0, sizeof *epochs);
  struct stat status;
  if (fstat(descriptor, &status) != 0) return -1;
  size_t size = (size_t)status.st_size;
  if (size < POSTERN_EPOCHS_HEADER_WORDS * 8 || size > ((size_t)1 << 30)) return errno = EPROTO, -1;
  void *page = mmap(NULL, size, PROT_READ, MAP_SHARED, descriptor, 0);
  if (page == MAP_FAILED) return -1;
  void *here = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const uint64_t *words = (const uint64_t *)page;
  uint64_t start = words[POSTERN_EPOCHS_WORD_START], count = words[POSTERN_EPOCHS_WORD_COUNT];
  uint64_t room = size / 8;
  enum { WIPE_ON_FORK = 18 };
  if (here == MAP_FAILED || madvise(here, 4096, WIPE_ON_FORK) != 0 ||
      words[POSTERN_EPOCHS_WORD_MAGIC] != POSTERN_EPOCHS_MAGIC ||
      words[POSTERN_EPOCHS_WORD_FORMAT] != POSTERN_EPOCHS_FORMAT ||
      words[POSTERN_EPOCHS_WORD_FLAGS] != 0 || words[POSTERN_EPOCHS_WORD_BYTES] != size ||
      words[POSTERN_EPOCHS_WORD_PAGE] == 0 || start > room || count > room - start) {
    munmap(page, size);
    if (here != MAP_FAILED) munmap(here, 4096);
    return errno = EPROTO, -1;
  }
  *(uint64_t *)here = 1;
  epochs->words = words;
  epochs->counters = words + start;
  epochs->here = (const uint64_t *)here;
  epochs->byte_count = size;
  epochs->counter_count = count;
  epochs->page = words[POSTERN_EPOCHS_WORD_PAGE];
  // The kernel's mark on this number makes it another one; a daemon that has ended leaves 0 or the
  // mark, so that no page is opened that is dead already.
  epochs->owner = postern_epochs_load(words + POSTERN_EPOCHS_WORD_OWNER);
  epochs->wall_shift = INT64_MIN;
  if (epochs->owner == 0 || (epochs->owner & 0x40000000) != 0) epochs->owner = UINT64_MAX;
  return 0;
}

static inline void postern_epochs_close(postern_epochs *epochs) {
  if (epochs->words == NULL) return;
  munmap((void *)(uintptr_t)epochs->words, epochs->byte_count);
  munmap((void *)(uintptr_t)epochs->here, 4096);
  memset(epochs, 0, sizeof *epochs);
}

// Asks a connected socket for the page and maps it. 0, or -1 and errno: ENOTSUP where the daemon has
// no page to give, or its clocks are not those of this process. Keeping answers is then not possible.
static inline int postern_epochs_receive(postern_epochs *epochs, int connection) {
  int64_t before = postern_epochs_clock(CLOCK_BOOTTIME);
  memset(epochs, 0, sizeof *epochs);
  if (send(connection, POSTERN_EPOCHS_HELLO, POSTERN_EPOCHS_HELLO_BYTES, MSG_NOSIGNAL) !=
      POSTERN_EPOCHS_HELLO_BYTES)
    return -1;
  unsigned char answer[POSTERN_EPOCHS_ANSWER_BYTES];
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  struct iovec part = {answer, sizeof answer};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  ssize_t count;
  do count = recvmsg(connection, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  while (count < 0 && errno == EINTR);
  if (count < 0) return -1;
  int descriptor = -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
      header->cmsg_len == CMSG_LEN(sizeof(int)))
    memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  if (descriptor < 0) return errno = ENOTSUP, -1;
  int64_t said = 0;
  int result = -1;
  if (count == POSTERN_EPOCHS_ANSWER_BYTES &&
      memcmp(answer, POSTERN_EPOCHS_HELLO, POSTERN_EPOCHS_HELLO_BYTES) == 0) {
    memcpy(&said, answer + POSTERN_EPOCHS_HELLO_BYTES, sizeof said);
    int64_t after = postern_epochs_clock(CLOCK_BOOTTIME);
    if (before <= said && said <= after) result = postern_epochs_map(epochs, descriptor);
    else errno = ENOTSUP;
  } else {
    errno = EPROTO;
  }
  int code = errno;
  close(descriptor);
  errno = code;
  return result;
}

// Opens the page of the daemon behind a socket; waits for five seconds at most. As `receive`.
static inline int postern_epochs_open(postern_epochs *epochs, const char *socket_path) {
  struct sockaddr_un address;
  memset(epochs, 0, sizeof *epochs);
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  if (strlen(socket_path) >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
  memcpy(address.sun_path, socket_path, strlen(socket_path));
  int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) return -1;
  struct timeval patience = {5, 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  // Also for a connect that waits behind others.
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  int result = -1;
  if (connect(connection, (const struct sockaddr *)&address, sizeof address) == 0)
    result = postern_epochs_receive(epochs, connection);
  int code = errno;
  close(connection);
  errno = code;
  return result;
}

// SipHash-1-3 with 128 bits.
typedef struct {
  uint64_t low, high;
} postern_siphash;

static inline uint64_t postern_siphash_rotated(uint64_t word, int count) {
  return word << count | word >> (64 - count);
}

static inline void postern_siphash_round(uint64_t v[4]) {
  v[0] += v[1], v[1] = postern_siphash_rotated(v[1], 13) ^ v[0];
  v[0] = postern_siphash_rotated(v[0], 32);
  v[2] += v[3], v[3] = postern_siphash_rotated(v[3], 16) ^ v[2];
  v[0] += v[3], v[3] = postern_siphash_rotated(v[3], 21) ^ v[0];
  v[2] += v[1], v[1] = postern_siphash_rotated(v[1], 17) ^ v[2];
  v[2] = postern_siphash_rotated(v[2], 32);
}

static inline uint64_t postern_hash_word(const unsigned char *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

// The bytes behind the last whole word.
static inline uint64_t postern_hash_tail(const unsigned char *bytes, size_t count) {
  uint64_t word = 0;
  if (count % 8 == 0) return 0;
  if (count > 8) return postern_hash_word(bytes + count - 8) >> (64 - 8 * (count % 8));
  for (size_t i = 0; i < count; i++) word |= (uint64_t)bytes[i] << (8 * i);
  return word;
}

static inline postern_siphash postern_siphash_of(
    postern_siphash key, const void *bytes, size_t count) {
  uint64_t v[4] = {
      key.low ^ 0x736f6d6570736575ULL, key.high ^ 0x646f72616e646f6dULL ^ 0xee,
      key.low ^ 0x6c7967656e657261ULL, key.high ^ 0x7465646279746573ULL};
  const unsigned char *next = (const unsigned char *)bytes;
  for (size_t left = count / 8; left > 0; left--, next += 8) {
    uint64_t word = postern_hash_word(next);
    v[3] ^= word;
    postern_siphash_round(v);
    v[0] ^= word;
  }
  uint64_t last =
      (uint64_t)count << 56 | postern_hash_tail((const unsigned char *)bytes, count);
  v[3] ^= last;
  postern_siphash_round(v);
  v[0] ^= last;
  postern_siphash result;
  v[2] ^= 0xee;
  for (int i = 0; i < 3; i++) postern_siphash_round(v);
  result.low = v[0] ^ v[1] ^ v[2] ^ v[3];
  v[1] ^= 0xdd;
  for (int i = 0; i < 3; i++) postern_siphash_round(v);
  result.high = v[0] ^ v[1] ^ v[2] ^ v[3];
  return result;
}

// The key of an entry, from a token's text, or from up to six texts in a row. Two entries are one
// if `postern_hash_is_equal` says so.
//
// Each half of `tag` is the hash NH of UMAC with 64-bit words: the sum of the products of (word +
// word of the key) in pairs, modulo 2^128. For any two texts, whoever chose them, at most one in
// 2^64 keys gives the same sum. Two halves with keys of their own make that one in 2^128, which is
// proven and rests on no cipher. A text's length and last bytes are its first pair, so texts of
// different lengths differ there, with words of the key that no other pair uses. A text of more
// than 63 bytes counts by its SipHash.
//
// Hazard: the proof needs a key that nobody knows. So make it at random for each process, compare
// all of `tag` at once, and use `tag` for nothing else. The time that a table takes tells where an
// entry is: take that from `place`, a third sum with a key of its own.
enum { POSTERN_HASH_TEXTS = 6, POSTERN_HASH_TEXT_BYTES = 63, POSTERN_HASH_PAIRS = 32 };

typedef struct {
  uint64_t words[POSTERN_HASH_PAIRS][6];
  postern_siphash of_long_texts;
} postern_hash_key;

typedef struct {
  uint64_t place, tag[4];
} postern_hash;

// Makes a key at random. 0, or -1 and errno.
static inline int postern_hash_key_make(postern_hash_key *key) {
  unsigned char *next = (unsigned char *)key;
  size_t left = sizeof *key;
  while (left > 0) {
    ssize_t count = getrandom(next, left, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return -1;
    next += count;
    left -= (size_t)count;
  }
  return 0;
}

// A hash under way: `postern_hash_begin`, then `postern_hash_add` for each text, then
// `postern_hash_end`.
__extension__ typedef unsigned __int128 postern_hash_sum;
typedef struct {
  const postern_hash_key *key;
  uint32_t pairs;
  postern_hash_sum place, first, second;
} postern_hashing;

static inline postern_hashing postern_hash_begin(const postern_hash_key *key) {
  postern_hashing hashing = {key, 0, 0, 0, 0};
  return hashing;
}

static inline void postern_hash_pair(postern_hashing *hashing, uint64_t one, uint64_t other) {
  const uint64_t *key = hashing->key->words[hashing->pairs++];
  hashing->place += (postern_hash_sum)(one + key[0]) * (other + key[1]);
  hashing->first += (postern_hash_sum)(one + key[2]) * (other + key[3]);
  hashing->second += (postern_hash_sum)(one + key[4]) * (other + key[5]);
}

// Adds a text. The process ends where there is no room for it: at a seventh, if all are long.
static inline void postern_hash_add(postern_hashing *hashing, const void *bytes, size_t count) {
  const unsigned char *next = (const unsigned char *)bytes;
  enum { PAIRS = (POSTERN_HASH_TEXT_BYTES / 8 + 1) / 2 + 1 };
  if (hashing->pairs + PAIRS > POSTERN_HASH_PAIRS) __builtin_trap();
  postern_hash_pair(hashing, count, postern_hash_tail(next, count));
  if (count > POSTERN_HASH_TEXT_BYTES) {
    postern_siphash hash = postern_siphash_of(hashing->key->of_long_texts, bytes, count);
    postern_hash_pair(hashing, hash.low, hash.high);
    return;
  }
  for (; count >= 16; count -= 16, next += 16)
    postern_hash_pair(hashing, postern_hash_word(next), postern_hash_word(next + 8));
  if (count >= 8) postern_hash_pair(hashing, postern_hash_word(next), 0);
}

static inline postern_hash postern_hash_end(const postern_hashing *hashing) {
  postern_hash hash = {
      (uint64_t)(hashing->place >> 64),
      {(uint64_t)hashing->first, (uint64_t)(hashing->first >> 64), (uint64_t)hashing->second,
       (uint64_t)(hashing->second >> 64)}};
  return hash;
}

// The hash of one text.
static inline postern_hash postern_hash_of(
    const postern_hash_key *key, const void *bytes, size_t count) {
  postern_hashing hashing = postern_hash_begin(key);
  postern_hash_add(&hashing, bytes, count);
  return postern_hash_end(&hashing);
}

static inline int postern_hash_is_equal(const postern_hash *one, const postern_hash *other) {
  uint64_t difference = 0;
  for (int i = 0; i < 4; i++) difference |= one->tag[i] ^ other->tag[i];
  return difference == 0;
}

#endif
