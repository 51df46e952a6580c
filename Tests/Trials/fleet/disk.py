"""A small disk of its own for a table, which can be filled up to its last byte. Needs root."""

import contextlib
import os
import shutil
import subprocess


class SmallDisk:
    def __init__(self, folder):
        self.folder = folder
        self.rest = f"{folder}/rest"
        os.makedirs(folder)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", folder], check=True)
        shutil.chown(folder, "postgres", "postgres")

    def fill(self):
        for size in (1 << 20, 4096):
            with contextlib.suppress(OSError), open(self.rest, "ab", buffering=0) as file:
                while file.write(bytes(size)) == size:
                    pass

    def make_room(self):
        os.unlink(self.rest)

    def close(self):
        if os.path.ismount(self.folder):
            subprocess.run(["umount", "-l", self.folder], check=False)
