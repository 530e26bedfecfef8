"""Cases by name, run a few at a time, each with a time limit; a plan and one JSON line for each case on stdout."""
import json
import os
import re
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

BOOTSTRAP = os.environ.get("BOOTSTRAP", "127.0.0.1:9092")
PREFIX = os.environ.get("PREFIX") or "c%d-" % (time.time_ns() % 10**9)
LIMIT_S = 30
_cases = {}
_printing = threading.Lock()
_client = "python"


def case(name):
    """Registers a function of one argument, a Names, under a name."""

    def register(function):
        assert name not in _cases, name
        _cases[name] = function
        return function

    return register


class Names:
    """Fresh names of topics and groups for one case."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.count = 0

    def __call__(self, what):
        self.count += 1
        return f"{self.prefix}{what}{self.count}"


def _print(line):
    with _printing:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def _run(name):
    began = time.monotonic()
    outcome = []

    def body():
        try:
            _cases[name](Names(f"{PREFIX}{name}-"))
            outcome.append("")
        except BaseException as error:  # whatever ends a case has failed it
            at = traceback.extract_tb(error.__traceback__)[-1]
            outcome.append(f"{type(error).__name__}: {error} at {os.path.basename(at.filename)}:{at.lineno}")

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    detail = outcome[0] if outcome else f"no end within {LIMIT_S} s"
    _print({"client": _client, "case": name, "ok": detail == "", "detail": detail, "ms": int((time.monotonic() - began) * 1000)})


def run(client="python"):
    """Runs all cases; `client` is the name under which results are told."""
    global _client
    _client = client
    wanted = [name for name in _cases if re.search(os.environ.get("ONLY", ""), name)]
    _print({"client": _client, "plan": wanted})
    with ThreadPoolExecutor(4) as lanes:
        list(lanes.map(_run, wanted))
    os._exit(0)  # a client that hangs in its destructor must not hold the program


def same(actual, expected, what):
    assert actual == expected, f"{what}: got {str(actual)[:300]}, want {str(expected)[:300]}"


def eventually(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)
