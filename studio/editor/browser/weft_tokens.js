// Colours a text token by token. Nothing in the language is reserved: a word is a keyword by what stands right before and
// right after it, and the table of that is made from the grammar. Knows nothing of the editor that asks.
import { CONSTANTS, TYPES, WORDS } from "./weft_words.js";

const types = new Set(TYPES);
const constants = new Set(CONSTANTS);
const words = new Map(Object.entries(WORDS));

// A whole text; one expression; words with holes in them, where nothing ends the words.
export const startState = () => ({ text: "", hole: 0, last: "start" });
export const startExpression = () => ({ text: "", hole: 0, last: "(" });
export const startWords = () => ({ text: "\0", hole: 0, last: "start" });

export function token(stream, state) {
  if (state.text && state.hole === 0) return inText(stream, state);
  if (stream.eatSpace()) return null;
  if (stream.match(/^\/\/\/(?!\/)/)) return (stream.skipToEnd(), (state.last = "doc"), "docComment");
  if (stream.match("//")) return (stream.skipToEnd(), "lineComment");
  if (stream.match(/^@\s*[A-Za-z_]\w*/)) return ((state.last = "name"), "meta");
  if (state.hole === 0 && stream.match('"""')) return ((state.text = '"""'), inText(stream, state));
  if (state.hole === 0 && stream.match('"')) return ((state.text = '"'), inText(stream, state));
  if (stream.match(/^'(?:[^'\\]|\\.)*'?/)) return ((state.last = "text"), "string");
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return ((state.last = "text"), "string");
  if (stream.match(/^(?:\d+(?:ms|s|m|h|d|w))+(?!\w)/)) return ((state.last = "duration"), "unit");
  if (stream.match(/^\d+(\.\d+([eE][+-]?\d+)?)?/)) return ((state.last = "number"), "number");
  const word = stream.match(/^[A-Za-z_]\w*/);
  if (word) return wordOf(word[0], stream, state);
  if (stream.match(".?") || stream.match(".")) return ((state.last = "."), null);
  if (stream.match(/^(&&|\|\||[=!<>]=|[<>!?+*%/=|-])/)) return ((state.last = stream.current()), "operator");
  const mark = stream.next();
  if (state.hole > 0 && mark === "{") state.hole++;
  if (state.hole > 0 && mark === "}" && --state.hole === 0) return "special";
  state.last = mark;
  return null;
}

function wordOf(word, stream, state) {
  const last = state.last;
  const row = words.get(word);
  const rest = stream.string.slice(stream.pos);
  state.last = "name";
  if (last === ".") return (stream.match(/^[-\/]?[\w\-\/]*/), "property");
  if (row && row.behind.includes(last) && fits(row.before, rest)) return ((state.last = word), "keyword");
  if (last === "step" || last === "workflow") return "definition";
  if (/^\s*:/.test(rest)) return "property";
  if (constants.has(word)) return "atom";
  if (types.has(word) && [":", "|", "<", "(", "output"].includes(last) && !/^\s*[.(]/.test(rest)) return "typeName";
  return "name";
}

// Whether what follows on the line can stand behind a word; at the end of the line anything may follow.
function fits(before, rest) {
  const next = rest.trimStart();
  if (!next || /^\/\/(?!\/[^/]|\/$)/.test(next)) return true;
  if (next.startsWith("///")) return before.includes("doc");
  if (/^\d+(ms|s|m|h|d|w)/.test(next)) return before.includes("duration");
  if (/^\d/.test(next)) return before.includes("number");
  if (/^["']/.test(next)) return before.includes("text");
  const word = /^[A-Za-z_]\w*/.exec(next);
  return word ? before.includes("name") || before.includes(word[0]) : before.includes(next[0]);
}

function inText(stream, state) {
  while (!stream.eol()) {
    if (stream.match(state.text)) return ((state.text = ""), (state.last = "text"), "string");
    if (stream.match("${", false)) {
      if (stream.current()) return "string";
      stream.match("${");
      state.hole = 1;
      state.last = "(";
      return "special";
    }
    if (stream.next() === "\\") stream.next();
  }
  if (state.text === '"') {
    state.text = "";
    state.last = "text";
  }
  return "string";
}
