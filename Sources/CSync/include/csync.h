// Tells whether a sync failed, which LMDB's errors do not: a commit whose pages could not be written
// has changed nothing, one whose sync failed leaves open what is on the disk.
//
// The library defines `fdatasync` itself, and LMDB calls it in place of that of the C library, which
// it hands on to: a program's own functions come before those of libraries. It repeats a call that a
// signal interrupted, and no other: the kernel reports a lost write once, so that a repeated sync
// would succeed without it.
#pragma once

// The error number of the last sync of this thread that failed, since it was last taken; 0 for none.
int csync_take_failure(void);
