"""Runs programs with a time limit, in process groups of their own that are ended as a whole."""

import os
import signal
import subprocess
import tempfile
import threading
import time

K_GRACE_S = 20  # for a test to clean up after itself: namespaces, mounts, children

_running = set()
_lock = threading.Lock()
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


def run(command, seconds, env=None, cwd=None):
    """(exit code or None if it took too long, output, seconds it took)."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        with _lock:
            if _is_stopping:
                return None, "", 0.0
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=env, cwd=cwd, start_new_session=True)
            _running.add(process)
        try:
            code = process.wait(max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            _end(process)
            code = None
        else:
            _signal_group(process, signal.SIGKILL)  # what it left behind in its group
        with _lock:
            _running.discard(process)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return code, text, time.monotonic() - begin


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
