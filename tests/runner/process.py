"""Runs programs with a time limit, in process groups of their own that are ended as a whole."""

import dataclasses
import os
import signal
import subprocess
import tempfile
import threading
import time

K_GRACE_S = 20  # for a test to clean up after itself: namespaces, mounts, children

_running = set()
_lock = threading.Lock()
_thread = threading.local()
_is_stopping = False


def _signal_group(process, number):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def _end(process):
    """Asks the group to end, waits for its clean-up, and then ends it."""
    _signal_group(process, signal.SIGTERM)
    try:
        process.wait(K_GRACE_S)
    except subprocess.TimeoutExpired:
        pass
    _signal_group(process, signal.SIGKILL)
    process.wait()


def at_low_priority(command):
    """The command, for what may only take what others leave of the processors. Its session is a
    scheduling group of its own where the kernel makes such groups, so the group steps back too."""
    step_back = "echo 19 2>/dev/null >/proc/self/autogroup; exec nice -n 19 \"$@\""
    return ["sh", "-c", step_back, "sh", *command]


@dataclasses.dataclass
class Ended:
    """How a program ended."""

    code: object  # its exit code; None: it took too long
    text: str = ""
    seconds: float = 0.0
    used: float = 0.0  # seconds of processors, by it and by all that it waited for


def used_here():
    """Seconds of processors used by the programs that this thread has run."""
    return getattr(_thread, "used", 0.0)


def _wait(process, seconds):
    """Its end, unless it takes too long; and what it used of the processors."""
    deadline = time.monotonic() + max(seconds, 0.1)
    pause = 0.001
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_utime + usage.ru_stime
        if time.monotonic() >= deadline:
            _end(process)
            return None, 0.0
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


def run(command, seconds, env=None, cwd=None):
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        with _lock:
            if _is_stopping:
                return Ended(None)
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=env, cwd=cwd, start_new_session=True)
            _running.add(process)
        code, used = _wait(process, seconds)
        _thread.used = used_here() + used
        if code is not None:
            _signal_group(process, signal.SIGKILL)  # what it left behind in its group
        with _lock:
            _running.discard(process)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return Ended(code, text, time.monotonic() - begin, used)


def stop_all():
    """Ends everything that runs; nothing begins after it."""
    global _is_stopping
    with _lock:
        _is_stopping = True
        processes = list(_running)
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + K_GRACE_S
    for process in processes:
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        _signal_group(process, signal.SIGKILL)
