"""A real browser for tests: Chromium, started on a page that reports what it saw, and ended by its id.

Pages are served on loopback. Every request that reaches the server is recorded; all other hosts lead nowhere. A page
reports by `report(anything)`, which `REPORT` defines.
"""

import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

REPORT = """<script>
const report = (what) => fetch("/report", {method: "POST", body: JSON.stringify(what)});
addEventListener("error", (e) => report({error: String(e.message)}));
addEventListener("unhandledrejection", (e) => report({error: String(e.reason && e.reason.stack || e.reason)}));
const dialogs = [];
for (const name of ["alert", "confirm", "prompt"]) window[name] = (text) => { dialogs.push(String(text)); };
</script>"""

OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)

Page = tuple[str, str | bytes] | tuple[str, str | bytes, Mapping[str, str]]
"""A media type, the body, and further headers."""


class Site:
    """A site on loopback: its pages by path, the requests that came, and what was reported."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.pages = dict(pages)
        self.requests: list[str] = []
        self.reported: Any = None
        self.done = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append(self.path)
                media, body, *more = site.pages.get(self.path.partition("?")[0], ("text/plain", "nothing"))
                data = body.encode() if isinstance(body, str) else body
                self.send_response(200 if self.path.partition("?")[0] in site.pages else 404)
                for name, value in {"Content-Type": media, **(more[0] if more else {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def do_POST(self) -> None:
                site.reported = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()
                site.done.set()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def serving(pages: Mapping[str, Page]) -> Iterator[Site]:
    """A site that is served while the block runs."""
    site = Site(pages)
    thread = threading.Thread(target=site.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()


def chromium() -> str:
    """The browser; skips where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("there is no Chromium here; on Debian, apt-get install chromium")
    return found


def visit(site: Site, path: str = "/", *options: str, seconds: float = 90) -> Any:
    """What the page at that path reported."""
    browser = chromium()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [browser, *OPTIONS, f"--user-data-dir={profile}", *options, site.url + path]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert site.done.wait(seconds), "the page reported nothing in time"
        finally:
            process.terminate()
            process.wait(20)
    site.done.clear()
    assert not (isinstance(site.reported, dict) and "error" in site.reported), site.reported
    return site.reported


def npm_file(name: str, version: str, path: str, folder: Path) -> bytes:
    """A file of an npm package, fetched once into a folder by npm; skips where there is no npm."""
    kept = folder / f"{name}-{version}" / "package" / path
    if not kept.exists():
        npm = shutil.which("npm")
        if not npm:
            pytest.skip("there is no npm here to fetch packages by; on Debian, apt-get install npm")
        kept.parents[path.count("/") + 1].mkdir(parents=True, exist_ok=True)
        folder = kept.parents[path.count("/") + 1]
        subprocess.run(
            [npm, "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True, timeout=300, capture_output=True
        )
        (packed,) = folder.glob("*.tgz")
        subprocess.run(["tar", "xzf", packed.name], cwd=folder, check=True)
        packed.unlink()
    return kept.read_bytes()
