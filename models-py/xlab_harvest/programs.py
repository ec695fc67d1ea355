"""Watches jit-compiled programs as a model calls them, and times each one warm.

A dump happens when a program is compiled, which is in its first call; later calls write nothing. So every call of a
`tf.function` is timed as the model makes it, the one that wrote files names the program's module, and what the model
called too seldom is called again at the end.
"""

import os
import re
import statistics
import time

ENOUGH_CALLS = 10
MOST_SECONDS = 0.2
MODULE = re.compile(r"(module_\d+\..+)\.before_optimizations\.txt$")


class Program:
    def __init__(self, name, modules, function, arguments):
        self.name = name
        self.modules = modules
        self.function = function
        self.arguments = arguments
        self.nanoseconds = []


def watch(tf, dump):
    """Starts watching; returns the function that times and reports all programs seen."""
    try:
        from tensorflow.python.eager.polymorphic_function.polymorphic_function import Function
    except ImportError:  # another TensorFlow keeps it elsewhere: no timings, everything else works
        return lambda emit: None
    original = Function.__call__
    programs = {}  # Function -> the programs it was compiled to
    known = set()

    def new_modules():
        found = {match[1] for match in map(MODULE.match, os.listdir(dump)) if match} - known
        known.update(found)
        return sorted(found)

    def call(self, *args, **kwargs):
        if not tf.executing_eagerly():
            return original(self, *args, **kwargs)
        before = os.stat(dump).st_mtime_ns
        started = time.perf_counter_ns()
        result = original(self, *args, **kwargs)
        took = time.perf_counter_ns() - started
        mine = programs.get(self)
        if os.stat(dump).st_mtime_ns != before:
            modules = new_modules()
            if modules:
                name = getattr(self.python_function, "__name__", "function")
                programs.setdefault(self, []).append(Program(name, modules, self, (args, kwargs)))
        elif mine and len(mine) == 1 and len(mine[0].nanoseconds) < 1000:
            mine[0].nanoseconds.append(took)
        return result

    def report(emit):
        Function.__call__ = original
        for program in [program for several in programs.values() for program in several]:
            samples = program.nanoseconds
            if len(samples) < ENOUGH_CALLS:
                samples = samples + time_again(tf, program)
            if samples:
                module = {"moduleName": program.modules[0]} if len(program.modules) == 1 else {}
                emit("timing", program=program.name, **module, wallNs=statistics.median(samples), calls=len(samples))

    Function.__call__ = call
    return report


def time_again(tf, program):
    """Nanoseconds of further calls, for 0.2 s or until there are enough; none if the arguments cannot be used twice."""
    args, kwargs = program.arguments
    if not all(map(reusable, tf.nest.flatten((args, kwargs)))):
        return []
    samples = []
    until = time.perf_counter() + MOST_SECONDS
    try:
        while len(samples) < ENOUGH_CALLS and time.perf_counter() < until:
            started = time.perf_counter_ns()
            program.function(*args, **kwargs)
            samples.append(time.perf_counter_ns() - started)
    except Exception as error:  # the model is done; a second look that fails costs only its figure
        print(f"not timed: {program.name}: {error}", flush=True)
    return samples


def reusable(value):
    """False for what a call may use up: iterators, generators and the like."""
    return value is None or hasattr(value, "dtype") or isinstance(value, (int, float, bool, str))
