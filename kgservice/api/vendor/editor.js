// The SPARQL editor of the query page: CodeMirror 6, put together. build.sh makes static/vendor/codemirror/editor.js of it.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentOnInput, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { sparql } from "@codemirror/legacy-modes/mode/sparql";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

/** An editor in `parent`. `complete` is a completion source; `run` is called on Ctrl-Enter, `changed` with each text. */
export function createEditor({ parent, text, nonce, label, complete, run, changed }) {
  const runKey = { key: "Mod-Enter", run: () => (run(), true) };
  return new EditorView({
    parent,
    doc: text,
    extensions: [
      keymap.of([runKey, ...completionKeymap, ...closeBracketsKeymap, ...historyKeymap, ...defaultKeymap]),
      lineNumbers(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      EditorView.lineWrapping,
      EditorState.tabSize.of(2),
      EditorView.cspNonce.of(nonce),
      EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }), // it is focusable anyway; checkers do not know it
      EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
      StreamLanguage.define(sparql),
      syntaxHighlighting(classHighlighter),
      autocompletion({ override: [complete], icons: false, maxRenderedOptions: 200 }),
    ],
  });
}

/** Put another text in place of the editor's. */
export function setText(view, text) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 } });
}

/** Mark the place of an error, given by line and column from 1, or none. */
export function markError(view, place, message) {
  const diagnostics = [];
  if (place && place.line <= view.state.doc.lines) {
    const line = view.state.doc.line(place.line);
    const from = Math.min(line.from + place.column - 1, line.to);
    diagnostics.push({ from, to: Math.min(from + 1, view.state.doc.length), severity: "error", message });
  }
  view.dispatch(setDiagnostics(view.state, diagnostics));
}
