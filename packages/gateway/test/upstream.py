"""An upstream in another language, out of its standard library. It counts what reaches it."""
import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

hits = {}
lock = threading.Lock()


def scope_of(method, target, header, secret, now):
    """Whose request it is, as a list; None where the gateway does not say so."""
    said = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    time, scope = said.get("t", ""), said.get("scope", "")
    signed = "\n".join(["v1", time, method, target, scope])
    wanted = hmac.new(secret, signed.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), said.get("v1", "").encode()):
        return None
    if abs(now - int(time)) > 300:
        return None
    return json.loads(base64.urlsafe_b64decode(scope + "=" * (-len(scope) % 4)))


class Handler(BaseHTTPRequestHandler):
    protocol_version = sys.argv[1] if len(sys.argv) > 1 else "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/whose"):
            return self.say(200, {"scope": self.whose()})
        with lock:
            self.say(200, {"runs": sum(hits.values())} if self.path == "/runs" else hits)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = self.headers.get("Idempotency-Key")
        with lock:
            hits[key] = hits.get(key, 0) + 1
            count = hits[key]
        time.sleep(float(self.headers.get("X-Sleep", 0)))
        told = {"scope": self.whose()} if "ONCEKEY_SCOPE_SECRET" in os.environ else {}
        self.say(201, {"count": count, "bytes": len(body), **told})

    def whose(self):
        secret = os.environ.get("ONCEKEY_SCOPE_SECRET", "").encode()
        header = self.headers.get("Oncekey-Scope", "")
        return scope_of(self.command, self.path, header, secret, time.time()) if secret else None

    def say(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # A gateway that was killed waits for no answer.


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
