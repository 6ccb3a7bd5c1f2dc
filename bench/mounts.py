# SPDX-License-Identifier: MIT
"""mounts.py - what the benches share: daemons in the foreground on directories of their own."""
import os
import shutil
import subprocess
import tempfile
import time


class Mount:
    """A daemon that mounts on its last argument, until the end of the with block."""

    def __init__(self, *command):
        self.command = command

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="kmemfs-bench.")
        before = os.stat(self.path).st_dev
        self.daemon = subprocess.Popen([*self.command, self.path], stderr=subprocess.DEVNULL)
        for _ in range(100):
            time.sleep(0.05)
            if self.daemon.poll() is not None:
                raise SystemExit("%s does not mount" % self.command[0])
            if os.stat(self.path).st_dev != before:
                return self
        raise SystemExit("%s does not mount in time" % self.command[0])

    def __exit__(self, *_):
        self.daemon.terminate()
        try:
            self.daemon.wait(10)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            subprocess.run(["fusermount3", "-u", "-z", self.path])
        shutil.rmtree(self.path, ignore_errors=True)

    def cpu_seconds(self):
        """CPU time the daemon has used so far."""
        with open("/proc/%d/stat" % self.daemon.pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
