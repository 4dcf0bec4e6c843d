"""An upstream in another language, out of its standard library. It counts what reaches it."""
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

hits = {}
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = sys.argv[1] if len(sys.argv) > 1 else "HTTP/1.1"

    def do_GET(self):
        with lock:
            self.say(200, {"runs": sum(hits.values())} if self.path == "/runs" else hits)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = self.headers.get("Idempotency-Key")
        with lock:
            hits[key] = hits.get(key, 0) + 1
            count = hits[key]
        time.sleep(float(self.headers.get("X-Sleep", 0)))
        self.say(201, {"count": count, "bytes": len(body)})

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
