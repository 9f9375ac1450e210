"""What the checks of a cloud are written with."""

import contextlib
import http.server
import threading
import time
import uuid

import openstack

TAG = 'verify-' + uuid.uuid4().hex[:6]
CHECKS = []
admin = openstack.connect(cloud='lab-admin')
demo = openstack.connect(cloud='lab-demo')


def check(service):
    def add(fn):
        CHECKS.append((service, fn))
        return fn
    return add


def until(fn, want=None, seconds=60, step=0.05, bad=('error', 'ERROR')):
    end = time.monotonic() + seconds
    while True:
        got = fn()
        if got == want or (want is None and got):
            return got
        if isinstance(got, str) and got in bad and got != want:
            raise AssertionError(f'reached {got!r}, wanted {want!r}')
        if time.monotonic() > end:
            raise AssertionError(f'still {got!r} after {seconds} s')
        time.sleep(step)


@contextlib.contextmanager
def timed(what):
    t = time.monotonic()
    yield
    print(f'      {what:46} {1000 * (time.monotonic() - t):8.0f} ms',
          flush=True)


def raw(conn, typ, method, path, **kw):
    """A request through the catalog, for services without SDK support."""
    ep = conn.session.get_endpoint(service_type=typ, interface='public',
                                   region_name='RegionOne')
    r = conn.session.request(ep.rstrip('/') + path, method,
                             raise_exc=False, **kw)
    if r.status_code >= 400:
        raise AssertionError(f'{method} {path}: {r.status_code} {r.text}')
    return r.json() if r.content else None


class Hook:
    """A web server on 127.0.0.1 that remembers what it was sent."""

    def __enter__(self):
        got = self.got = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                n = int(self.headers.get('content-length') or 0)
                got.append(self.rfile.read(n))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *a):
                pass

        self.srv = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=self.srv.serve_forever, daemon=True).start()
        self.url = f'http://127.0.0.1:{self.srv.server_port}/hook'
        return self

    def __exit__(self, *a):
        self.srv.shutdown()
