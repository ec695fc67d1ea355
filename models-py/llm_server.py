"""Hugging Face transformers behind the completions API that xlab speaks: one model, one request at a time.

    python3 llm_server.py --model ID_OR_PATH [--port N | --socket PATH]

GET /health, /props, /v1/models; POST /tokenize, /v1/completions, /v1/chat/completions (OpenAI's fields; no streaming).
Prints one JSON line when it listens. With --leash it ends when its standard input closes. A key that requests must
carry comes in XLAB_SERVER_KEY.
"""

import argparse
import copy
import hashlib
import json
import os
import pathlib
import select
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler

MOST_BODY = 16 << 20
# As llama.cpp samples when nothing else is said.
TOP_K, TOP_P = 40, 0.95


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--socket", help="Unix socket to listen on instead")
    parser.add_argument("--context", type=int, help="tokens of prompt and reply together, if fewer than the model's")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--leash", action="store_true")
    parser.add_argument("--log", help="file for what is said on standard error")
    return parser.parse_args()


class Refused(Exception):
    """A request that cannot be answered: HTTP status, kind and message."""

    def __init__(self, status, kind, message):
        super().__init__(message)
        self.status = status
        self.kind = kind


class Gone(Exception):
    """Whoever asked has hung up."""


class Model:
    def __init__(self, name, context, threads):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        if threads:
            torch.set_num_threads(threads)
        self.torch = torch
        self.name = name
        # Weights as safetensors only, and no code from the model's repository: a model is data.
        self.tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        self.model = AutoModelForCausalLM.from_pretrained(
            name, dtype="auto", use_safetensors=True, trust_remote_code=False
        )
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model.to(self.device).eval()
        trained = getattr(self.model.config, "max_position_embeddings", None) or 4096
        self.context = min(context or trained, trained)
        self.lock = threading.Lock()
        self.prefix = None

    def weights(self):
        """SHA-256 of the weight files, when the model is a folder; else its commit on the hub."""
        folder = pathlib.Path(self.name)
        if not folder.is_dir():
            return getattr(self.model.config, "_commit_hash", None)
        digest = hashlib.sha256()
        for path in sorted(folder.glob("*.safetensors")):
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        return digest.hexdigest()

    def tokens(self, text):
        return self.tokenizer(text, return_tensors="pt").input_ids

    def chat_text(self, messages):
        if self.tokenizer.chat_template is None:
            return "\n\n".join(str(message["content"]) for message in messages)
        return self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)

    def read_prompt(self, ids):
        """The state after all of the prompt but its last token: computed once for all samples of one prompt."""
        from transformers import DynamicCache

        if self.prefix is None or not self.torch.equal(self.prefix[0], ids):
            self.prefix = None
            cache = DynamicCache(config=self.model.config)
            if ids.shape[1] > 1:
                self.model(ids[:, :-1], past_key_values=cache, use_cache=True)
            self.prefix = (ids, cache)
            return copy.deepcopy(cache), 0
        return copy.deepcopy(self.prefix[1]), ids.shape[1] - 1

    def complete(self, prompt, special, request, hung_up):
        from transformers import StoppingCriteria, StoppingCriteriaList

        class HungUp(StoppingCriteria):
            def __call__(self, ids, scores, **_):
                if hung_up():
                    raise Gone
                return torch.zeros(ids.shape[0], dtype=torch.bool, device=ids.device)

        torch = self.torch
        ids = self.tokenizer(prompt, return_tensors="pt", add_special_tokens=special).input_ids.to(self.device)
        used = ids.shape[1]
        room = self.context - used
        if used == 0 or room < 1:
            raise Refused(
                400,
                "exceed_context_size_error",
                f"request ({used} tokens) exceeds the available context size ({self.context} tokens)",
            )
        wanted = int(request.get("max_tokens") or 256)
        temperature = float(request.get("temperature", 1.0))
        stops = request.get("stop") or []
        stops = [stops] if isinstance(stops, str) else list(stops)
        greedy = temperature <= 0
        with self.lock, torch.inference_mode():
            cache, cached = self.read_prompt(ids)
            torch.manual_seed(int(request.get("seed") or 0))
            output = self.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                past_key_values=cache,
                max_new_tokens=min(wanted, room),
                do_sample=not greedy,
                pad_token_id=self.tokenizer.pad_token_id or self.tokenizer.eos_token_id or 0,
                stopping_criteria=StoppingCriteriaList([HungUp()]),
                **({} if greedy else {"temperature": temperature, "top_k": TOP_K, "top_p": TOP_P}),
                **({"stop_strings": stops, "tokenizer": self.tokenizer} if stops else {}),
            )
        reply = output[0, used:]
        text = self.tokenizer.decode(reply, skip_special_tokens=True)
        cuts = [text.index(stop) for stop in stops if stop in text]
        ended = bool(cuts) or len(reply) < min(wanted, room)
        return {
            "text": text[: min(cuts)] if cuts else text,
            "finish": "stop" if ended else "length",
            "usage": {
                "prompt_tokens": used,
                "completion_tokens": len(reply),
                "total_tokens": used + len(reply),
                "prompt_tokens_details": {"cached_tokens": cached},
            },
        }


def handler_for(model, key):
    weights = model.weights()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(
                {
                    "/health": lambda: {"status": "ok"},
                    "/props": lambda: {"n_ctx": model.context, "model": model.name, "weights": weights},
                    "/v1/models": lambda: {
                        "object": "list",
                        "data": [{"id": model.name, "object": "model", "max_model_len": model.context}],
                    },
                }.get(self.path)
            )

        def do_POST(self):
            self.answer(
                {
                    "/tokenize": lambda: self.tokenize(self.body()),
                    "/v1/completions": lambda: self.completion(self.body()),
                    "/v1/chat/completions": lambda: self.chat(self.body()),
                }.get(self.path)
            )

        def tokenize(self, request):
            return {"tokens": model.tokens(str(request.get("content", "")))[0].tolist()}

        def completion(self, request):
            done = model.complete(str(request["prompt"]), True, request, self.hung_up)
            return self.envelope("text_completion", {"text": done["text"]}, done)

        def chat(self, request):
            # The template brings the special tokens itself.
            special = model.tokenizer.chat_template is None
            done = model.complete(model.chat_text(request["messages"]), special, request, self.hung_up)
            return self.envelope(
                "chat.completion", {"message": {"role": "assistant", "content": done["text"]}}, done
            )

        def envelope(self, kind, choice, done):
            return {
                "object": kind,
                "created": int(time.time()),
                "model": model.name,
                "choices": [{"index": 0, **choice, "finish_reason": done["finish"]}],
                "usage": done["usage"],
            }

        def body(self):
            length = int(self.headers.get("content-length") or 0)
            if length > MOST_BODY:
                raise Refused(413, "too_large", f"a request of {length} bytes")
            request = json.loads(self.rfile.read(length))
            if not isinstance(request, dict):
                raise Refused(400, "bad_request", "a request is a JSON object")
            return request

        def hung_up(self):
            readable, _, _ = select.select([self.connection], [], [], 0)
            return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""

        def answer(self, work):
            try:
                if key and self.headers.get("authorization") != f"Bearer {key}":
                    raise Refused(401, "unauthorized", "the key is not the one this server was started with")
                if work is None:
                    raise Refused(404, "not_found", self.path)
                self.reply(200, work())
            except Refused as refused:
                self.reply(refused.status, error(refused.status, refused.kind, str(refused)))
            except Gone:
                self.close_connection = True
            except (KeyError, TypeError, ValueError) as bad:
                self.reply(400, error(400, "bad_request", f"{type(bad).__name__}: {bad}"))
            except (MemoryError, RuntimeError) as failed:
                kind = "out_of_memory" if "memory" in str(failed).lower() or isinstance(failed, MemoryError) else "failed"
                self.reply(500, error(500, kind, f"{kind}: {failed}"))

        def reply(self, status, value):
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def address_string(self):
            return "client"  # a Unix socket's clients have no address

        def log_message(self, *_):
            pass

    return Handler


def error(status, kind, message):
    return {"error": {"code": status, "type": kind, "message": message}}


class TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


def die_with_parent(log):
    sys.stdin.buffer.read()
    if log:
        os.unlink(log)
    os._exit(0)


def main():
    options = arguments()
    key = os.environ.pop("XLAB_SERVER_KEY", "")
    listening = os.fdopen(os.dup(1), "w")
    if options.log:
        log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(log, 2)
    os.dup2(2, 1)
    if options.leash:
        threading.Thread(target=die_with_parent, args=(options.log,), daemon=True).start()
    model = Model(options.model, options.context, options.threads)
    handler = handler_for(model, key)
    if options.socket:
        server, url = UnixServer(options.socket, handler), "http://localhost"
        os.chmod(options.socket, 0o600)
    else:
        server = TcpServer((options.host, options.port), handler)
        url = f"http://{options.host}:{server.server_address[1]}"
    facts = {"event": "listening", "url": url, "model": model.name, "context": model.context, "weights": model.weights()}
    print(json.dumps(facts), file=listening, flush=True)
    server.serve_forever()


main()
