// Ends processes that own a page in every way there is, and looks at once, when the lock of their
// data is free, whether the page is marked: owner WAY TIMES FOLDER. Prints how often it was.
#define _GNU_SOURCE
#include "cepochs.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>

static void *nothing(void *argument) { return argument; }

static void own(uint64_t *words, const char *way, const char *lock) {
  int descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (flock(descriptor, LOCK_EX) != 0 || cepochs_own(words + 8) == NULL) _exit(1);
  for (int i = 0; i < 3; i++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) == 0) pthread_join(thread, NULL);
  }
  cepochs_store(words, 1);
  if (strcmp(way, "main") == 0) pthread_exit(NULL);
  while (cepochs_load(words) != 2) usleep(10);
  if (strcmp(way, "exit") == 0) _exit(0);
  if (strcmp(way, "abort") == 0) abort();
  if (strcmp(way, "fault") == 0) raise(SIGSEGV);
  if (strcmp(way, "exec") == 0) execl("/bin/sleep", "sleep", "60", NULL);
  for (;;) pause();
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  const char *way = arguments[1];
  int times = atoi(arguments[2]), marked = 0;
  for (int i = 0; i < times; i++) {
    uint64_t *words;
    int descriptor;
    if (cepochs_create(4096, &words, &descriptor) != 0) return perror("create"), 3;
    pid_t child = fork();
    if (child == 0) own(words, way, arguments[3]);
    // As a client has it: it can read and nothing else.
    const uint64_t *seen = mmap(NULL, 4096, PROT_READ, MAP_SHARED, descriptor, 0);
    if (seen == MAP_FAILED) return perror("map"), 4;
    while (cepochs_load(seen) != 1) usleep(10);
    if (strcmp(way, "main") == 0) usleep(1000);
    if (strcmp(way, "stop") == 0) {
      kill(child, SIGSTOP);
      usleep(1000);
    }
    if ((cepochs_load(seen + 8) & 0x40000000) != 0) return puts("marked while it lives"), 5;
    cepochs_store(words, 2);
    int is_killed = strcmp(way, "kill") == 0 || strcmp(way, "stop") == 0 || strcmp(way, "main") == 0;
    if (is_killed) kill(child, SIGKILL);
    int lock = open(arguments[3], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    while (flock(lock, LOCK_EX) != 0) {
    }
    if ((cepochs_load(seen + 8) & 0x40000000) != 0) marked++;
    if (!is_killed) kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(lock);
    close(descriptor);
    munmap((void *)seen, 4096);
    cepochs_destroy(words, 4096);
  }
  printf("%d of %d\n", marked, times);
  return 0;
}
