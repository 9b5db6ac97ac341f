// Highlighting for Weft. Nothing in the language is reserved, so a word is a keyword by where it stands: never behind a
// dot, never as the name in front of a colon.
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";

const words = (text) => new Set(text.split(" "));
const HEAD = words("workflow use input output config secret trigger type step");
const KINDS = words("call run agent approve if else switch case default parallel do foreach loop wait let return fail yield");
const CLAUSES = words(
  "after timeout retry backoff to on key compensate catch as with by role user title show quorum within escalate reject max while until event when in concurrency all any settle mcp schedule timezone webhook verify manual system prompt tools budget max_turns",
);
const TYPES = words("string int float number bool boolean date datetime duration object any map list json");
const ATOMS = words("true false null");

const language = StreamLanguage.define({
  name: "weft",
  startState: () => ({ inPrompt: false, inString: false, hole: 0, naming: false, kind: false }),
  token(stream, state) {
    if (state.inString && state.hole === 0) return text(stream, state);
    if (stream.eatSpace()) return null;
    if (stream.match("///")) return (stream.skipToEnd(), "docComment");
    if (stream.match("//")) return (stream.skipToEnd(), "lineComment");
    if (stream.match(/^@[A-Za-z_]\w*/)) return "meta";
    if (stream.match('"""')) return ((state.inString = true), (state.inPrompt = true), text(stream, state));
    if (stream.match('"')) return ((state.inString = true), (state.inPrompt = false), text(stream, state));
    if (stream.match(/^\d+(ms|s|m|h|d|w)(\d+(ms|s|m|h|d))*\b/)) return "unit";
    if (stream.match(/^\d+(\.\d+)?([eE][+-]?\d+)?/)) return "number";
    if (state.hole > 0 && stream.peek() === "}") {
      stream.next();
      state.hole--;
      return "special";
    }
    if (state.hole > 0 && stream.peek() === "{") state.hole++;
    const word = stream.match(/^[A-Za-z_][\w-]*/);
    if (word) return wordOf(word[0], stream, state);
    if (stream.match(/^(&&|\|\||[=!<>]=|[<>!?+*%/-])/)) return "operator";
    stream.next();
    return null;
  },
  tokenTable: {
    definition: tags.definition(tags.variableName),
    property: tags.propertyName,
    special: tags.special(tags.brace),
  },
  languageData: { commentTokens: { line: "//" }, closeBrackets: { brackets: ["(", "[", "{", '"'] }, indentOnInput: /^\s*\}$/ },
});

function wordOf(word, stream, state) {
  if (state.naming) return ((state.naming = false), "definition");
  const before = stream.string.slice(0, stream.start).trimEnd();
  if (before.endsWith(".")) return "property";
  if (ATOMS.has(word)) return "atom";
  const named = /^\s*\??:/.test(stream.string.slice(stream.pos));
  if (named && !(word === "default" || word === "else")) return "property";
  if (word === "step" || word === "workflow") return ((state.naming = true), "keyword");
  if (before === "" && (HEAD.has(word) || CLAUSES.has(word) || KINDS.has(word))) return "keyword";
  if (before.endsWith(":") && KINDS.has(word)) return "keyword";
  if (before.endsWith(":") && TYPES.has(word)) return "typeName";
  if (before.endsWith("}") && (word === "else" || word === "catch")) return "keyword";
  if (CLAUSES.has(word) || word === "if" || word === "case") return /[\w")\]}]$/.test(before) ? "keyword" : "name";
  if (TYPES.has(word) && /[|<\[]$/.test(before)) return "typeName";
  return "name";
}

function text(stream, state) {
  const end = state.inPrompt ? '"""' : '"';
  while (!stream.eol()) {
    if (stream.match(end)) return ((state.inString = false), "string");
    if (stream.match("${", false)) {
      if (stream.current()) return "string";
      stream.match("${");
      state.hole = 1;
      return "special";
    }
    if (!state.inPrompt && stream.peek() === "\\") stream.next();
    stream.next();
  }
  if (!state.inPrompt) state.inString = false;
  return "string";
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--w-accent-text)", fontWeight: "500" },
  { tag: tags.definition(tags.variableName), color: "var(--w-text)", fontWeight: "650" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--w-success)" },
  { tag: tags.special(tags.brace), color: "var(--w-warning)" },
  { tag: [tags.number, tags.unit, tags.atom], color: "var(--w-warning)" },
  { tag: tags.lineComment, color: "var(--w-text-muted)", fontStyle: "italic" },
  { tag: tags.docComment, color: "var(--w-text-muted)" },
  { tag: tags.typeName, color: "var(--w-info)" },
  { tag: tags.meta, color: "var(--w-info)" },
  { tag: tags.propertyName, color: "var(--w-text)" },
  { tag: tags.operator, color: "var(--w-text-muted)" },
]);

export const weft = () => [language, syntaxHighlighting(colours)];
