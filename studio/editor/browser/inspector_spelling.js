// Between a plain value and the expression that says it, for the switch of a field. As studio/editor/spelling.py has it,
// for what fits on a line; "" where one cannot say what the other says.
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const HOLE = /\$\{(?:[^{}"']|"[^"]*"|'[^']*')*\}/g;
const PATH = /^[A-Za-z_]\w*(\.\??[A-Za-z_]\w*|\[\d+\])*$/;

export function toExpression(control, value, values, quotes) {
  if (control === "chips" || control === "picks") return values.length ? `[${values.map((one) => (quotes ? quoted(one) : one)).join(", ")}]` : "";
  if (value === "") return "";
  if (control === "number" || control === "toggle") return value;
  if (control === "select") return quotes ? quoted(value) : value;
  return quoted(value);
}

// {value, values} of the plain control, or null.
export function toPlain(control, source, options, quotes) {
  const text = source.trim();
  const none = { value: "", values: [] };
  if (text === "") return none;
  if (control === "number") return NUMBER.test(text) ? { ...none, value: text } : null;
  if (control === "toggle") return text === "true" || text === "false" ? { ...none, value: text } : null;
  if (control === "chips" || control === "picks") {
    const items = listed(text);
    const plain = items?.map((item) => (quotes ? unquoted(item) : NUMBER.test(item) ? item : null));
    return plain && plain.every((item) => item !== null) ? { ...none, values: plain } : null;
  }
  const words = quotes || control !== "select" ? unquoted(text) : text;
  if (words !== null) return control === "select" && !options.includes(words) ? null : { ...none, value: words };
  if (control === "text" && PATH.test(text)) return { ...none, value: `\${${text}}` };
  return null;
}

export function quoted(value) {
  let woven = "";
  let at = 0;
  for (const hole of value.matchAll(HOLE)) {
    if (value[hole.index - 1] === "\\") continue;
    woven += escaped(value.slice(at, hole.index)) + hole[0];
    at = hole.index + hole[0].length;
  }
  return `"${woven}${escaped(value.slice(at))}"`;
}

function escaped(piece) {
  return piece
    .replaceAll("\\${", "\u0000").replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("${", "\\${").replaceAll("\u0000", "\\${")
    .replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t");
}

const SIGNS = { n: "\n", t: "\t", r: "\r", '"': '"', "'": "'", "\\": "\\", "/": "/" };

// The words of a text in quotes, with its holes; null for any other expression.
export function unquoted(text) {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"') || text.startsWith('"""')) return null;
  let words = "";
  const body = text.slice(1, -1);
  for (let at = 0; at < body.length; at++) {
    if (body.startsWith("${", at)) {
      HOLE.lastIndex = at;
      const hole = new RegExp(HOLE.source, "y");
      hole.lastIndex = at;
      const found = hole.exec(body);
      if (!found) return null;
      words += found[0];
      at += found[0].length - 1;
    } else if (body[at] === '"') return null;
    else if (body[at] !== "\\") words += body[at];
    else {
      const sign = body[++at];
      if (sign === "$") words += "\\$";
      else if (SIGNS[sign] !== undefined) words += SIGNS[sign];
      else return null;
    }
  }
  return words;
}

// The items of a flat list: texts in quotes and numbers.
function listed(text) {
  if (!/^\[.*\]$/s.test(text)) return null;
  const items = [];
  const rest = text.slice(1, -1).trim();
  const item = /\s*("(?:[^"\\]|\\.)*"|-?[\d.eE+-]+)\s*(,|$)/y;
  while (item.lastIndex < rest.length) {
    const found = item.exec(rest);
    if (!found) return null;
    items.push(found[1]);
  }
  return items;
}
