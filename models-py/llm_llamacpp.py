"""llama.cpp's server (the wheel xllamacpp) on a free loopback port, for xlab's built-in model and for gguf: files.

Prints one JSON line when it listens. Ends when its standard input closes: whoever started it is gone then. The key
that requests must carry comes in XLAB_SERVER_KEY.
"""

import argparse
import json
import os
import resource
import sys


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", required=True, help="folder the xllamacpp wheel is unpacked in")
    parser.add_argument("--model", required=True, help="GGUF file")
    parser.add_argument("--context", type=int, required=True, help="tokens of prompt and reply together")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--memory", type=int, required=True, help="most address space, in MiB")
    parser.add_argument("--log", required=True, help="file for what the server says")
    return parser.parse_args()


def main():
    options = arguments()
    key = os.environ.pop("XLAB_SERVER_KEY")
    limit = options.memory << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    listening = os.fdopen(os.dup(1), "w")
    log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)

    sys.path.insert(0, options.packages)
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = options.model
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.n_ctx = options.context
    # One slot: the samples of one prompt come one after the other and share what was computed of it.
    params.n_parallel = 1
    # served.ts knows the pieces a prompt is computed in.
    params.n_batch = 2048
    params.n_ubatch = 512
    params.cache_ram_mib = 0
    params.cpuparams.n_threads = options.threads
    params.cpuparams_batch.n_threads = options.threads
    params.n_gpu_layers = 0
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 2
    server = xllamacpp.Server(params)

    print(json.dumps({"event": "listening", "url": server.listening_address}), file=listening, flush=True)
    sys.stdin.buffer.read()
    os.unlink(options.log)
    # Threads of the server may be in the middle of an answer that nobody waits for.
    os._exit(0)


main()
