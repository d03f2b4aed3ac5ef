// What the editor offers while one types: keywords, variables, prefixes, properties, classes, languages. Names and
// languages are those of the graph, asked for once, when the editor is first used.
import { declaredPrefixes, shortName } from "./sparql-text.js";

const KEYWORDS =
  "SELECT CONSTRUCT DESCRIBE ASK WHERE FILTER OPTIONAL UNION MINUS GRAPH BIND VALUES DISTINCT REDUCED AS " +
  "ORDER BY GROUP BY HAVING LIMIT OFFSET ASC DESC FROM FROM NAMED NOT EXISTS EXISTS IN NOT IN UNDEF PREFIX BASE";
const FUNCTIONS =
  "lang langMatches str datatype bound isIRI isLiteral isNumeric regex contains strStarts strEnds strBefore strAfter " +
  "strLen subStr uCase lCase concat replace encode_for_uri abs ceil floor round now year month day if coalesce iri " +
  "strLang strDt sameTerm count sum min max avg sample group_concat";

const VOCABULARY = `PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?iri ?kind (SAMPLE(?text) AS ?about) {
  { SELECT DISTINCT ?iri ("property" AS ?kind) { ?s ?iri ?o } }
  UNION { SELECT DISTINCT ?iri ("class" AS ?kind) { ?s a ?iri } }
  OPTIONAL { GRAPH <https://w3id.org/kgservice/ns> { ?iri rdfs:comment ?text FILTER (lang(?text) = "en") } }
}
GROUP BY ?iri ?kind ORDER BY ?iri`;
const LANGUAGES = `SELECT ?tag (COUNT(*) AS ?texts) { ?s ?p ?o BIND (lang(?o) AS ?tag) FILTER (?tag != "") }
GROUP BY ?tag ORDER BY DESC(?texts)`;

async function rows(query) {
  const response = await fetch(`/sparql?query=${encodeURIComponent(query)}&format=json`);
  if (!response.ok) return []; // the editor does without
  return (await response.json()).results.bindings;
}

/** A completion source for the editor over the given prefixes. */
export function completionOver(prefixes) {
  let asked = null;
  const load = () => (asked ??= Promise.all([rows(VOCABULARY), rows(LANGUAGES)]).then(([names, tags]) => ({
    names: names.map((row) => ({
      label: shortName(row.iri.value, prefixes),
      detail: row.kind.value,
      info: row.about?.value,
    })).filter((one) => !one.label.startsWith("http")),
    tags: tags.map((row) => ({ label: row.tag.value, detail: `${row.texts.value} texts` })),
  })));

  const words = [
    ...KEYWORDS.split(" ").map((label) => ({ label, type: "keyword" })),
    ...FUNCTIONS.split(" ").map((label) => ({ label, apply: `${label}(`, detail: "function", type: "function" })),
  ].filter((one, at, all) => all.findIndex((other) => other.label === one.label) === at);

  /** Put a name in, and above all the declaration of its prefix, where that is missing. */
  function applyName(view, completion, from, to) {
    const prefix = completion.label.split(":")[0];
    const changes = [{ from, to, insert: completion.label }];
    if (prefix in prefixes && !declaredPrefixes(view.state.doc.toString()).has(prefix)) {
      changes.unshift({ from: startOfQuery(view.state), insert: `PREFIX ${prefix}: <${prefixes[prefix]}>\n` });
    }
    const change = view.state.changes(changes);
    view.dispatch({ changes: change, selection: { anchor: change.mapPos(to, 1) } });
  }

  function startOfQuery(state) {
    let line = 1;
    while (line < state.doc.lines && /^\s*(#|$)/.test(state.doc.line(line).text)) line += 1;
    return state.doc.line(line).from;
  }

  return async function complete(context) {
    const before = context.state.sliceDoc(context.state.doc.lineAt(context.pos).from, context.pos);
    const tag = /(?:["']@|\blang(?:Matches)?\s*\([^"']*["'])([\w-]*)$/i.exec(before);
    if (tag) return { from: context.pos - tag[1].length, options: (await load()).tags, validFor: /^[\w-]*$/ };
    const declaring = /\bPREFIX\s+([\w-]*)$/i.exec(before);
    if (declaring) {
      const options = Object.entries(prefixes).map(([name, iri]) => ({ label: `${name}: <${iri}>` }));
      return { from: context.pos - declaring[1].length, options };
    }
    const variable = /[?$]\w*$/.exec(before);
    if (variable) {
      const names = new Set(context.state.doc.toString().match(/[?$]\w+/g));
      names.delete(variable[0]);
      return { from: context.pos - variable[0].length, options: [...names].map((label) => ({ label, type: "variable" })) };
    }
    const word = /[\w.-]*:?[\w-]*$/.exec(before)[0];
    if (/[<"'][^<>"']*$/.test(before) || (!word && !context.explicit)) return null;
    const names = (await load()).names.map((one) => ({ ...one, apply: applyName }));
    return { from: context.pos - word.length, options: word.includes(":") ? names : [...words, ...names], validFor: /^[\w.:-]*$/ };
  };
}
