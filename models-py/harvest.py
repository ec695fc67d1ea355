"""Runs one model under XLA's dump flags and reports how it went.

    XLA_FLAGS='--xla_dump_to=DIR --xla_dump_hlo_as_text' python3 harvest.py MODEL [--seed N]

MODEL is a zoo name, a Python file (with the zoo's interface, or any script), a .keras file or a SavedModel folder.
Reports go to standard output, one JSON object a line that begins `{"event":`. Whatever the model prints, in Python
or in C, goes to standard error, so that it cannot mix with them. Exit code: 0 done, 1 the model failed.
"""

import argparse
import errno
import json
import os
import platform
import random
import re
import resource
import shlex
import signal
import sys
import threading
import traceback
from pathlib import Path

from xlab_harvest import Failure

# LLVM inside each TensorFlow release (third_party/llvm of its XLA); nothing in a wheel says it cheaply.
XLA_LLVM = {"2.16": "19.0.0git", "2.18": "20.0.0git", "2.21": "23.0.0git"}


def open_events():
    """The function that reports an event. From here on, everything else written to stdout goes to stderr."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    os.dup2(2, 1)
    lock = threading.Lock()

    def emit(event, **fields):
        with lock:
            stream.write(json.dumps({"event": event, **fields}, separators=(",", ":")) + "\n")
            stream.flush()

    return emit


def dump_folder():
    flags = [flag.partition("=") for flag in shlex.split(os.environ.get("XLA_FLAGS", ""))]
    folders = [Path(value) for name, _, value in flags if name == "--xla_dump_to"]
    if not folders:
        raise Failure("XLA_FLAGS has no --xla_dump_to=DIR", "environment")
    folder = folders[-1]
    if os.geteuid() == 0:
        become(folder.stat() if folder.is_dir() else None)
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise Failure(f"{folder} cannot be written by user {os.geteuid()}", "environment")
    return folder


def become(owner):
    """Root in a container gives itself up, so that the dump belongs to whoever owns its folder."""
    if owner is None or owner.st_uid == 0:
        return
    try:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
    except PermissionError:
        pass  # a root without rights, which is no more than a user


def end_with_stdin():
    """Ends this process and its children when standard input closes: whoever started us has died."""

    def wait():
        while os.read(0, 4096):
            pass
        os.killpg(0, signal.SIGKILL)
        os._exit(130)  # as process 1 of a container, which no signal of its own kills

    threading.Thread(target=wait, daemon=True).start()


def load_tensorflow():
    try:
        import tensorflow as tf
    except ImportError as error:
        raise Failure(f"TensorFlow cannot be imported: {error}", "environment") from error
    tf.config.threading.set_intra_op_parallelism_threads(1)  # one workgroup a kernel: comparable everywhere
    return tf


def facts(tf, seed):
    cpu = dict(re.findall(r"^(model name|flags|Features)\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M))
    found = {
        "producer": f"tensorflow {tf.__version__}",
        "llvm": XLA_LLVM.get(".".join(tf.__version__.split(".")[:2])),
        "python": platform.python_version(),
        "cpu": cpu.get("model name", platform.machine()),
        "cpuFeatures": cpu.get("flags") or cpu.get("Features"),
        "seed": seed,
    }
    return {name: value for name, value in found.items() if value is not None}


def explain(error, memory):
    """What to report about an exception: the message, its traceback, and whose fault it is."""
    if isinstance(error, Failure):
        return {"message": str(error), "fault": error.fault}
    name = type(error).__name__
    lines = str(error).strip().splitlines() or ["(no message)"]
    message = f"{name}: {lines[0][:500]}"
    if isinstance(error, MemoryError) or name == "ResourceExhaustedError":
        message = f"ran out of memory (limit {memory >> 20} MiB): {message}" if memory else message
    disk = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    trace = "".join(traceback.format_exception(error))[-8000:]
    return {"message": message, "traceback": trace, "fault": "environment" if disk else "subject"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="a zoo name, a Python file, a .keras file or a SavedModel folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--memory", type=int, default=0, help="most bytes of memory (0: no limit)")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when standard input closes")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    emit = open_events()
    try:
        if arguments.end_with_stdin:
            end_with_stdin()
        dump = dump_folder()
        there = set(os.listdir(dump))
        if arguments.memory:
            resource.setrlimit(resource.RLIMIT_DATA, (arguments.memory, arguments.memory))
        emit("phase", phase="load TensorFlow")
        tf = load_tensorflow()
        emit("facts", **facts(tf, arguments.seed))
        random.seed(arguments.seed)
        __import__("numpy").random.seed(arguments.seed)
        tf.random.set_seed(arguments.seed)
        from xlab_harvest.programs import watch
        from xlab_harvest.subjects import run_subject

        report_timings = watch(tf, dump)
        run_subject(tf, arguments.model, arguments.seed, emit)
        emit("phase", phase="time")
        report_timings(emit)
        emit("done", files=len(set(os.listdir(dump)) - there))
        code = 0
    except BaseException as error:  # the model may raise anything, SystemExit and KeyboardInterrupt included
        emit("error", **explain(error, arguments.memory))
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # skips what the model registered to run at exit, and threads that would not end


if __name__ == "__main__":
    main()
