// What the query page knows of a query's text: no document, no network, so that it can be tested by itself.

/** The text with comments blanked, so that positions stay. Strings and IRIs are passed over. */
export function withoutComments(text) {
  const token = /<[^<>"{}|^`\\\s]*>|"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#[^\n]*/g;
  return text.replace(token, (found) => (found[0] === "#" ? " ".repeat(found.length) : found));
}

/** Language tags with a capital letter that a query compares with lang(): the graph holds tags in lower case. */
export function mixedCaseTags(text) {
  const lang = "\\blang\\s*\\(\\s*([?$]\\w+|\\w+\\s*\\([^()]*\\))\\s*\\)";
  const string = `(?:"([^"\\n]*)"|'([^'\\n]*)')`;
  const told = withoutComments(text);
  const found = [];
  for (const one of told.matchAll(new RegExp(`${lang}\\s*!?=\\s*${string}`, "gi"))) found.push([one[1], one[2] ?? one[3]]);
  for (const one of told.matchAll(new RegExp(`${string}\\s*!?=\\s*${lang}`, "gi"))) found.push([one[3], one[1] ?? one[2]]);
  for (const one of told.matchAll(new RegExp(`${lang}\\s*(?:NOT\\s+)?IN\\s*\\(([^)]*)\\)`, "gi"))) {
    for (const tag of one[2].matchAll(new RegExp(string, "g"))) found.push([one[1], tag[1] ?? tag[2]]);
  }
  return found.filter(([, tag]) => /^[A-Za-z0-9-]+$/.test(tag) && tag !== tag.toLowerCase()).map(([of, tag]) => ({ of, tag }));
}

/** The prefixes that a text declares, as a map of name to IRI. */
export function declaredPrefixes(text) {
  return new Map([...withoutComments(text).matchAll(/\bPREFIX\s+([\w.-]*):\s*<([^<>\s]*)>/gi)].map((one) => [one[1], one[2]]));
}

/** An IRI by the shortest name that the prefixes give it, or as it is. */
export function shortName(iri, prefixes) {
  for (const [name, start] of Object.entries(prefixes)) {
    const rest = iri.slice(start.length);
    if (iri.startsWith(start) && /^[\w-]+$/.test(rest)) return `${name}:${rest}`;
  }
  return iri;
}

/** Line and column, from 1, that a message about a query names, or null. */
export function errorPlace(message) {
  const found = /\bline (\d+), column (\d+)\b/.exec(message);
  return found && { line: Number(found[1]), column: Number(found[2]) };
}
