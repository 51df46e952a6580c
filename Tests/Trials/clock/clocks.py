"""The clocks of a daemon, which a trial may set without touching the machine's: see `clock.c`."""

import mmap
import os
import pathlib
import struct
import subprocess
import tempfile
import time
import uuid

SECOND = 1_000_000_000
WALL, BOOT, SYNCHRONIZED, HANGING = range(4)
# Runs a program that sees another boot of the machine, for which its mounts have to be its own.
WRAPPER = """#!/bin/sh
exec unshare --mount sh -c \
  'mount --bind "$POSTERN_TRIAL_BOOT" /proc/sys/kernel/random/boot_id && exec "$0" "$@"' "%s" "$@"
"""


class Clocks:
    """Compiles the library once, and keeps the numbers that it adds."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="postern-clock.")
        self.library = f"{self.folder}/clock.so"
        source = pathlib.Path(__file__).parent / "clock.c"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", self.library, source], check=True)
        self.path = f"{self.folder}/numbers"
        with open(self.path, "wb") as file:
            file.write(bytes(4096))
        with open(self.path, "r+b") as file:
            self.numbers = mmap.mmap(file.fileno(), 4096)
        self.boot = f"{self.folder}/boot_id"
        # How long the machine has slept or was off, beside what its own clock says.
        self.slept = 0
        self.name_boot()

    def name_boot(self):
        with open(self.boot, "w", encoding="ascii") as file:
            file.write(f"{uuid.uuid4()}\n")

    def program(self, program):
        """The command that runs a program with the boot id of the trial; only root may mount."""
        wrapper = f"{self.folder}/run"
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write(WRAPPER % program)
        os.chmod(wrapper, 0o755)
        return wrapper

    def close(self):
        self.numbers.close()
        for name in os.listdir(self.folder):
            os.remove(f"{self.folder}/{name}")
        os.rmdir(self.folder)

    def environment(self):
        """The environment of a daemon with these clocks."""
        return {"LD_PRELOAD": self.library, "POSTERN_TRIAL_BOOT": self.boot, "POSTERN_TRIAL_CLOCK": self.path,
                "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def __getitem__(self, index):
        return struct.unpack_from("q", self.numbers, 8 * index)[0]

    def __setitem__(self, index, number):
        struct.pack_into("q", self.numbers, 8 * index, number)

    def sleep(self, nanoseconds):
        """The machine sleeps: all clocks move on, and no program does."""
        self.slept += nanoseconds
        self[BOOT] += nanoseconds
        self[WALL] += nanoseconds

    def reboot(self, off):
        """The machine is off for a while and started anew; no program may run meanwhile."""
        self.slept += off
        self[WALL] += off
        self[BOOT] = 5 * SECOND - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.name_boot()

    def real(self):
        """Time that has really passed since some point, by a clock that can't be set."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) + self.slept

    def wall_error(self):
        """By how much the wall clock is ahead of a right one."""
        return self[WALL] - self.slept
