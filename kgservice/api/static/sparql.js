// The query page: the editor in place of the text area, queries run without leaving the page.
import { createEditor, markError, setText } from "./vendor/codemirror/editor.js";
import { completionOver } from "./sparql-completion.js";
import { bar, problem, shown } from "./sparql-result.js";
import { errorPlace, mixedCaseTags } from "./sparql-text.js";

const ADDRESS_MAX = 30_000; // characters of an address that the service takes, with some to spare

const form = document.getElementById("query-form");
const [area] = form.getElementsByTagName("textarea");
const [runButton, stopButton, told, hint, result] = ["run", "stop", "told", "hint", "result"].map((id) => document.getElementById(id));
const { base, nonce } = form.dataset;
const prefixes = {
  ...JSON.parse(form.dataset.prefixes),
  id: `${base}id/`,
};
let running = null;

const editor = createEditor({
  parent: document.getElementById("editor"),
  text: area.value,
  nonce,
  label: "SPARQL query",
  complete: completionOver(prefixes),
  run,
  changed: edited,
});
area.hidden = true;
area.disabled = true;

function text() {
  return editor.state.doc.toString();
}

function link(more = "") {
  return `/sparql?query=${encodeURIComponent(text())}${more}`;
}

/** Say what is likely not meant: lang() holds tags in lower case. */
function edited() {
  const tags = mixedCaseTags(text());
  hint.hidden = tags.length === 0;
  hint.replaceChildren(
    ...tags.slice(0, 3).flatMap(({ of, tag }) => [
      `Tags are in lower case in the graph, so lang(${of}) is never “${tag}”. Write `,
      Object.assign(document.createElement("code"), { textContent: `langMatches(lang(${of}), "${tag}")` }),
      ". ",
    ]),
  );
}

function links(graph) {
  if (link().length > ADDRESS_MAX) return [];
  const downloads = graph
    ? [["Turtle", "ttl"], ["JSON-LD", "jsonld"], ["N-Triples", "nt"]]
    : [["CSV", "csv"], ["JSON", "json"]];
  return [
    { text: "Link to this query", href: link() },
    ...downloads.map(([name, format]) => ({
      text: `Download ${name}`,
      href: link(`&format=${format}`),
      download: `result.${format}`,
    })),
  ];
}

async function run() {
  running?.abort();
  const here = (running = new AbortController());
  stopButton.hidden = false;
  result.hidden = false;
  told.textContent = "Running …";
  const started = performance.now();
  try {
    const response = await fetch("/sparql", {
      method: "POST",
      headers: { Accept: "application/sparql-results+json, text/turtle" },
      body: new URLSearchParams({ query: text() }),
      signal: here.signal,
    });
    await (response.ok ? show(response, started) : fail(response));
  } catch (error) {
    if (here !== running) return;
    told.textContent = error.name === "AbortError" ? "Stopped." : `The service cannot be reached: ${error.message}`;
  } finally {
    if (here === running) {
      stopButton.hidden = true;
      running = null;
    }
  }
}

/** On a phone the examples are between the editor and the result. */
function bringIntoSight() {
  if (navigator.userActivation?.hasBeenActive && result.getBoundingClientRect().top > innerHeight) result.scrollIntoView();
}

async function show(response, started) {
  const { size, graph, content } = await shown(response, { base, prefixes });
  const time = `${Math.round(performance.now() - started).toLocaleString("en")} ms, at change ${response.headers.get("KG-Seq")}`;
  told.textContent = "";
  markError(editor, null);
  result.replaceChildren(bar(size, time, links(graph)), ...content);
  bringIntoSight();
  if (link().length <= ADDRESS_MAX) history.replaceState(null, "", link());
}

async function fail(response) {
  const { detail, content } = await problem(response);
  told.textContent = "";
  markError(editor, errorPlace(detail), detail);
  result.replaceChildren(...content);
  bringIntoSight();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
stopButton.addEventListener("click", () => running?.abort());
for (const example of document.querySelectorAll("[data-example]")) {
  example.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setText(editor, new URL(example.href).searchParams.get("query"));
    for (const other of document.querySelectorAll("[data-example]")) other.removeAttribute("aria-current");
    example.setAttribute("aria-current", "true");
    run();
  });
}
edited();
if ("run" in form.dataset) run();
