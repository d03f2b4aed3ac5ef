"""Embeds on the sites of others, in a real browser: pages with strict policies, with Mermaid, static files, feeds."""

import contextlib
import gzip
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt
from markupsafe import escape

from kgservice.api.snippets import integrity
from kgservice.cli import main
from tests.browser import REPORT, Page, npm_file, serving, visit
from tests.test_serve import Served
from tests.test_serve import serving as service_over

pytestmark = pytest.mark.full

BOXES = 8
"""Terms in the picture of networking, with itself."""

ICON = '<link rel=icon href="data:,">'


@pytest.fixture(scope="module")
def served(seed_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service over the seed glossary."""
    folder = Path(shutil.copytree(seed_dir, tmp_path_factory.mktemp("hosts") / "data"))
    with service_over(folder) as service:
        yield service


@pytest.fixture(scope="module")
def static(seed_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a static export, served under a folder of a host that knows nothing of us."""
    root = tmp_path_factory.mktemp("static")

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("Access-Control-Allow-Origin", "*")
            super().end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root)))
    address = f"http://127.0.0.1:{server.server_address[1]}/glossary"
    arguments = ["export", "--format", "site", str(root / "glossary"), "--public-url", address]
    data = Path(shutil.copytree(seed_dir, tmp_path_factory.mktemp("export") / "data"))
    result = CliRunner().invoke(main, [*arguments, "--data-dir", str(data)])
    assert result.exit_code == 0, result.output
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with contextlib.closing(server.socket):
        yield address
        server.shutdown()


HOST = """<!doctype html><html lang="ja"><meta charset=utf-8><meta name=color-scheme content=dark>%(icon)s
<script nonce=abc>%(report)s</script>
<script nonce=abc src="%(kg)s/embed-1.js" %(attribute)s integrity="%(integrity)s" crossorigin=anonymous defer></script>
<p>We use <kg-term term="cache">キャッシュ</kg-term>, <kg-term term="logic" lang="ja, en"></kg-term> and
<kg-term term="no-such-term">nothing</kg-term>.</p>
<kg-diagram term="networking"></kg-diagram><kg-diagram term="cache" lang="tlh, en" theme="light"></kg-diagram>
<script nonce=abc>
const refused = [];
document.addEventListener("securitypolicyviolation", (e) => refused.push(e.violatedDirective + " " + e.blockedURI));
const wait = async (what) => { while (!what()) await new Promise((done) => setTimeout(done, 30)); };
addEventListener("load", async () => {
  const [one, two] = document.querySelectorAll("kg-diagram");
  const [cache, logic, none] = document.querySelectorAll("kg-term");
  const svg = (element) => element.shadowRoot.querySelector("svg");
  const tip = (element) => element.shadowRoot.querySelector("[role=tooltip]");
  await wait(() => svg(one) && svg(two) && tip(cache) && tip(logic));
  const rect = svg(one).querySelector(".kg-prerequisite > rect"), box = svg(one).getBoundingClientRect();
  cache.shadowRoot.querySelector("a").focus();
  const focused = !tip(cache).hidden;
  cache.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
  const escaped = tip(cache).hidden;
  cache.dispatchEvent(new PointerEvent("pointerenter", {pointerType: "mouse"}));
  const hovered = !tip(cache).hidden, colour = getComputedStyle(tip(cache)).backgroundColor;
  const bounds = tip(cache).getBoundingClientRect();
  cache.dispatchEvent(new PointerEvent("pointerleave", {pointerType: "mouse"}));
  logic.dispatchEvent(new PointerEvent("pointerdown", {pointerType: "touch"}));
  const click = new PointerEvent("click", {cancelable: true, bubbles: true});
  logic.shadowRoot.querySelector("a").dispatchEvent(click);
  report({
    refused, focused, escaped, hovered, colour, tapped: !tip(logic).hidden && click.defaultPrevented,
    inView: bounds.left >= 0 && bounds.right <= innerWidth, fill: getComputedStyle(rect).fill, wide: box.width > 300,
    texts: svg(one).textContent, second: svg(two).textContent, definition: tip(cache).textContent,
    label: logic.shadowRoot.querySelector("slot").textContent, href: cache.shadowRoot.querySelector("a").href,
    nothing: tip(none) === null, link: svg(one).querySelector(".kg-related").getAttribute("href"),
    fetched: performance.getEntriesByType("resource").map((entry) => entry.name),
  });
});
</script>"""


def host_page(address: str, attribute: str = "") -> dict[str, Page]:
    script = REPORT.removeprefix("<script>").removesuffix("</script>")
    filled = {"icon": ICON, "report": script, "kg": address, "integrity": integrity(), "attribute": attribute}
    origin = address.removesuffix("/glossary")
    policy = f"default-src 'none'; script-src 'nonce-abc'; connect-src 'self' {origin}; img-src data:"
    return {"/": ("text/html", HOST % filled, {"Content-Security-Policy": policy})}


def require_works(found: dict[str, Any], address: str) -> None:
    assert found["refused"] == []
    assert found["fill"] == "rgb(23, 37, 84)" and found["wide"]  # the dark form: the page is dark
    assert "論理" in found["texts"] and "cache" in found["second"]
    assert found["focused"] and found["escaped"] and found["hovered"] and found["tapped"] and found["inView"]
    assert found["definition"] and found["label"] == "論理" and found["nothing"]
    assert found["href"].startswith(f"{address}/terms/cache") and found["link"].startswith(f"{address}/terms/")
    assert found["colour"] == "rgb(22, 27, 34)"


def test_a_page_of_another_origin_with_a_strict_policy(served: Served) -> None:
    with serving(host_page(served.url)) as site:
        found = visit(site)
    require_works(found, served.url)
    ours = [address for address in found["fetched"] if address.startswith(served.url)]
    assert len([address for address in ours if "/api/v1/terms?" in address]) == 2  # one for each list of languages
    assert len([address for address in ours if "diagram.svg" in address]) == 2
    assert len(ours) == 5


def test_the_same_from_static_files(static: str) -> None:
    with serving(host_page(static, "data-static")) as site:
        require_works(visit(site), static)


def test_an_embedded_diagram_costs_ten_kilobytes_at_most(served: Served) -> None:
    script, picture = served.get("/embed-1.js"), served.get("/terms/networking/diagram.svg?theme=auto&lang=ja")
    assert len(gzip.compress(script)) + len(gzip.compress(picture)) <= 10_000
    assert len(gzip.compress(picture)) <= 3_000


IMAGES = """<!doctype html><meta charset=utf-8>%s%s%s<script>
addEventListener("load", () => report(
  [...document.images].map((one) => [one.currentSrc, one.naturalWidth, one.width])));
</script>"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("form", ["md", "html"])
def test_snippets_in_a_readme_and_in_a_feed(served: Served, form: str, dark: bool) -> None:
    text = served.get(f"/terms/networking/diagram.{form}?lang=ja").decode()
    html = MarkdownIt("commonmark").render(text) if form == "md" else text
    pages: dict[str, Page] = {"/": ("text/html", IMAGES % (ICON, REPORT, html.replace('loading="lazy"', "")))}
    with serving(pages) as site:
        ((source, natural, width),) = visit(site, "/", f"--blink-settings=preferredColorScheme={0 if dark else 1}")
    assert f"theme={'dark' if dark else 'light'}" in source and natural == width > 300


AXE = """<!doctype html>%s<script src="/axe.js"></script><script>
addEventListener("load", async () => {
  const result = await axe.run();
  report(result.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 200))]));
});
</script>"""


@pytest.mark.parametrize(
    "path", ["/embed/terms/networking?lang=ja", "/docs/embed?term=networking&lang=ja", "/terms/cache"]
)
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(served: Served, path: str, dark: bool, pytestconfig: pytest.Config) -> None:
    axe = npm_file("axe-core", "4.14.1", "axe.min.js", Path(pytestconfig.cache.mkdir("npm")))
    html = served.get(path).decode().replace("<!doctype html>", AXE % REPORT, 1)
    html = html.replace('href="/', f'href="{served.url}/').replace('src="/embed', f'src="{served.url}/embed')
    pages: dict[str, Page] = {"/": ("text/html", html), "/axe.js": ("text/javascript", axe)}
    with serving(pages) as site:
        assert visit(site, "/", f"--blink-settings=preferredColorScheme={0 if dark else 1}") == []


MERMAID = """<!doctype html><meta charset=utf-8>%(icon)s%(report)s<script src="/mermaid.js"></script>
<script src="%(kg)s/embed-1.js" defer></script><kg-diagram term="cache"></kg-diagram><pre class=mermaid>%(text)s</pre>
<script>
addEventListener("load", async () => {
  mermaid.initialize({startOnLoad: false});
  await mermaid.run();
  const box = document.querySelector("kg-diagram"), drawn = document.querySelector("pre svg");
  while (!box.shadowRoot.querySelector("svg")) await new Promise((done) => setTimeout(done, 50));
  report({labels: [...drawn.querySelectorAll("g.node")].map((node) => node.textContent.trim()),
    links: [...drawn.querySelectorAll("a")].map((a) => a.href.baseVal),
    ours: box.shadowRoot.querySelectorAll("svg a").length});
});
</script>"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("version", ["10.9.8", "11.17.2", "12.3.0"])
def test_pages_with_their_own_mermaid(served: Served, version: str, pytestconfig: pytest.Config) -> None:
    script = npm_file("mermaid", version, "dist/mermaid.min.js", Path(pytestconfig.cache.mkdir("npm")))
    text = served.get("/terms/networking/diagram.mmd?lang=ja").decode()
    filled = {"icon": ICON, "report": REPORT, "kg": served.url, "text": escape(text)}
    pages: dict[str, Page] = {"/": ("text/html", MERMAID % filled), "/mermaid.js": ("text/javascript", script)}
    with serving(pages) as site:
        found = visit(site)
    assert "論理" in found["labels"] and len(found["labels"]) == BOXES and found["ours"] > 1
    assert f"{served.url}/terms/logic" in found["links"]


def test_oembed_gives_a_frame_that_is_shown(served: Served) -> None:
    body = json.loads(served.get(f"/oembed?url={quote(served.url + '/terms/networking?lang=ja', safe='')}"))
    loaded = '<script>addEventListener("load", () => report("loaded"))</script>'
    page = f"<!doctype html>{ICON}{REPORT}{body['html']}{loaded}"
    with serving({"/": ("text/html", page)}) as site:
        assert visit(site) == "loaded"
    with urlopen(f"{served.url}/embed/terms/networking?lang=ja", timeout=10) as response:
        assert "frame-ancestors *" in response.headers["Content-Security-Policy"]


@pytest.fixture(scope="module")
def builders(pytestconfig: pytest.Config) -> Path:
    """Where `mkdocs` and `sphinx-build` are: an environment of their own, made once by pip."""
    folder = Path(pytestconfig.cache.mkdir("builders"))
    if not (folder / "bin" / "sphinx-build").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        wanted = ["mkdocs-material==9.8.2", "mkdocs==1.6.1", "sphinx==9.0.4"]
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *wanted]
        subprocess.run(pip, check=True, timeout=300, capture_output=True)
    return folder / "bin"


def built_page(built: Path) -> dict[str, Page]:
    """A built site, its first page with a report of what the elements show."""
    kinds = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
    pages: dict[str, Page] = {
        f"/{path.relative_to(built).as_posix()}": (kinds.get(path.suffix, "text/plain"), path.read_bytes())
        for path in built.rglob("*")
        if path.is_file()
    }
    index = (built / "index.html").read_text().replace("</head>", f"{ICON}{REPORT}{WATCH}</head>", 1)
    return {**pages, "/": ("text/html", index)}


WATCH = """<script>
addEventListener("load", async () => {
  const box = document.querySelector("kg-diagram"), term = document.querySelector("kg-term");
  while (!box.shadowRoot.querySelector("svg") || !term.shadowRoot.querySelector("[role=tooltip]"))
    await new Promise((done) => setTimeout(done, 50));
  const tips = [...document.querySelectorAll("abbr")].map((one) => [one.textContent, one.title || "by a script"]);
  const tip = term.shadowRoot.querySelector("[role=tooltip]").textContent;
  report({links: box.shadowRoot.querySelectorAll("a").length, tip, tips});
});
</script>"""

ELEMENTS = """<script src="{0}/embed-1.js" {1} defer></script>
<p>A <kg-term term="cache">cache</kg-term>.</p>
<kg-diagram term="networking"></kg-diagram>"""


@pytest.mark.timeout(400)
@pytest.mark.parametrize("from_files", [False, True])
@pytest.mark.parametrize("builder", ["mkdocs", "sphinx-build"])
def test_documentation_that_is_built(
    served: Served, static: str, seed_dir: Path, builders: Path, tmp_path: Path, builder: str, from_files: bool
) -> None:
    elements = ELEMENTS.format(static if from_files else served.url, "data-static" if from_files else "")
    if builder == "mkdocs":
        data = Path(shutil.copytree(seed_dir, tmp_path / "data"))
        command = [
            "export",
            "--format",
            "mkdocs",
            "-o",
            str(tmp_path / "includes" / "glossary.md"),
            "--data-dir",
            str(data),
        ]
        assert CliRunner().invoke(main, command).exit_code == 0
        (tmp_path / "mkdocs.yml").write_text(
            "site_name: Notes\ntheme:\n  name: material\n  font: false\n  features: [content.tooltips]\n"
            "markdown_extensions:\n  - abbr\n  - pymdownx.snippets:\n      auto_append: [includes/glossary.md]\n"
        )
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "index.md").write_text(f"# Notes\n\nWe need networking.\n\n{elements}\n")
        command = [str(builders / builder), "build", "--quiet", "--strict", "--site-dir", "out"]
    else:
        (tmp_path / "conf.py").write_text('project = "Notes"\n')
        raw = elements.replace("\n", "\n   ")
        (tmp_path / "index.rst").write_text(f"Notes\n=====\n\n.. raw:: html\n\n   {raw}\n")
        command = [str(builders / builder), "-q", "-W", "-b", "html", ".", "out"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120, capture_output=True)
    with serving(built_page(tmp_path / "out")) as site:
        found = visit(site)
    assert found["links"] == BOXES and found["tip"].startswith("A small, fast store")
    assert builder != "mkdocs" or "networking" in [label for label, title in found["tips"] if title]
