// A result as a person reads it: a table with language tags and links, a yes or no, or a graph's text. All content goes
// in as text, never as HTML.
import { shortName } from "./sparql-text.js";

const ROWS_AT_ONCE = 500;

function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

/** Where a link to an IRI leads: a term of this glossary to its page here, other http(s) addresses to themselves. */
function address(iri, base) {
  if (iri.startsWith(`${base}id/`)) return `/id/${iri.slice(base.length + 3)}`;
  return /^https?:\/\//.test(iri) ? iri : null;
}

function cell(term, { base, prefixes }) {
  if (!term) return element("td");
  if (term.type === "uri") {
    const href = address(term.value, base);
    const shown = shortName(term.value, prefixes);
    return element("td", {}, href ? element("a", { href, title: term.value, rel: "noopener nofollow" }, shown) : term.value);
  }
  if (term.type === "bnode") return element("td", {}, `_:${term.value}`);
  if (term.type === "triple") return element("td", {}, JSON.stringify(term.value));
  const tag = term["xml:lang"];
  if (tag) return element("td", {}, element("span", { lang: tag, dir: "auto" }, term.value), element("span", { class: "tag" }, tag));
  const kind = term.datatype && shortName(term.datatype, prefixes);
  if (kind === "xsd:integer" || kind === "xsd:decimal" || kind === "xsd:double") return element("td", { class: "number" }, term.value);
  const content = [element("span", { dir: "auto" }, term.value)];
  if (kind && kind !== "xsd:string") content.push(element("span", { class: "tag" }, kind));
  return element("td", {}, ...content);
}

function table(result, names) {
  const { vars } = result.head;
  const { bindings } = result.results;
  const body = element("tbody");
  const more = element("button", { type: "button" });
  function add() {
    const start = body.rows.length;
    for (const row of bindings.slice(start, start + ROWS_AT_ONCE)) {
      body.append(element("tr", {}, ...vars.map((name) => cell(row[name], names))));
    }
    more.textContent = `Show more: ${body.rows.length} of ${bindings.length} are shown`;
    more.hidden = body.rows.length >= bindings.length;
  }
  more.addEventListener("click", add);
  add();
  const head = element("thead", {}, element("tr", {}, ...vars.map((name) => element("th", { scope: "col" }, `?${name}`))));
  return [element("div", { class: "scroll" }, element("table", {}, head, body)), more];
}

const count = (number, name) => `${number.toLocaleString("en")} ${name}${number === 1 ? "" : "s"}`;

/** What an answer has: a sentence about its size, and the elements that show it. */
export async function shown(response, names) {
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.startsWith("application/sparql-results+json")) {
    const text = await response.text();
    return { size: count(text.split("\n").filter((line) => line.trim()).length, "line"), graph: true, content: [element("pre", {}, text)] };
  }
  const result = await response.json();
  if ("boolean" in result) {
    return { size: "an answer", content: [element("p", { class: "yesno" }, result.boolean ? "Yes" : "No")] };
  }
  const size = count(result.results.bindings.length, "row");
  return { size, content: result.results.bindings.length ? table(result, names) : [element("p", {}, "Nothing matches.")] };
}

/** What is wrong, from a problem document. */
export async function problem(response) {
  const told = await response.json().catch(() => ({ title: `Status ${response.status}`, detail: response.statusText }));
  const wait = response.headers.get("Retry-After");
  const content = [element("p", {}, element("strong", {}, told.title)), element("p", {}, told.detail)];
  if (wait) content.push(element("p", {}, `Try again in ${wait} s.`));
  return { detail: told.detail, content: [element("div", { class: "problem", role: "alert" }, ...content)] };
}

/** The line above a result: its size, links to it and to its downloads. */
export function bar(size, more, links) {
  const anchors = links.map(({ text, href, download }) => element("a", { href, download }, text));
  return element(
    "div",
    { class: "bar" },
    element("strong", {}, size),
    element("span", { class: "quiet" }, more),
    element("span", { class: "links" }, ...anchors),
  );
}
