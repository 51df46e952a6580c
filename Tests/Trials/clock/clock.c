// A clock that a test may set without touching the machine's: loaded into a program by LD_PRELOAD,
// it adds to what the system says. What it adds stands in the file that POSTERN_TRIAL_CLOCK names,
// as numbers of 8 bytes, in this machine's order:
//
//   0  nanoseconds that the wall clock is ahead, or behind
//   1  nanoseconds that CLOCK_BOOTTIME is ahead: what the machine has slept
//   2  1: the kernel says that the wall clock is synchronized; 0: it does not
//   3  while not 0, every fdatasync waits: a disk that hangs
//   4  nanoseconds that CLOCK_MONOTONIC is ahead
//
// A write to the file changes the clocks of the running program at once.
//
//   cc -shared -fPIC -O2 -o clock.so clock.c

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>
#include <dlfcn.h>

static const int64_t none[5];
static const volatile int64_t *numbers = none;
static int (*system_clock)(clockid_t, struct timespec *);
static int (*system_sync)(int);

__attribute__((constructor)) static void start(void) {
  system_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  system_sync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  const char *path = getenv("POSTERN_TRIAL_CLOCK");
  if (path == NULL) return;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void *map = mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (map != MAP_FAILED) numbers = map;
}

static void add(struct timespec *time, int64_t nanoseconds) {
  int64_t sum = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec + nanoseconds;
  if (sum < 0) sum = 0;
  time->tv_sec = sum / 1000000000;
  time->tv_nsec = sum % 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  // Before the constructor has run.
  int result = system_clock != NULL ? system_clock(clock, time)
                                    : (int)syscall(SYS_clock_gettime, clock, time);
  if (result != 0) return result;
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) add(time, numbers[0]);
  if (clock == CLOCK_BOOTTIME) add(time, numbers[1]);
  if (clock == CLOCK_MONOTONIC) add(time, numbers[4]);
  return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *place) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (place != NULL) *place = now.tv_sec;
  return now.tv_sec;
}

int adjtimex(struct timex *state) {
  state->status = numbers[2] ? 0 : STA_UNSYNC;
  return numbers[2] ? TIME_OK : TIME_ERROR;
}

int fdatasync(int file) {
  while (numbers[3]) usleep(1000);
  return system_sync(file);
}
