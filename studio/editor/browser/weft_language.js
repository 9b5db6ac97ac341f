// Weft as a language of the text pane and of fields: its colours, and how it is typed.
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import { startExpression, startState, startWords, token } from "./weft_tokens.js";

const settings = {
  name: "weft",
  startState,
  token,
  tokenTable: {
    definition: tags.definition(tags.variableName),
    property: tags.propertyName,
    special: tags.special(tags.brace),
  },
  languageData: { commentTokens: { line: "//" }, closeBrackets: { brackets: ["(", "[", "{", '"'] }, indentOnInput: /^\s*\}$/ },
};
const language = StreamLanguage.define(settings);
const expressions = StreamLanguage.define({ ...settings, name: "weft-expression", startState: startExpression });
const words = StreamLanguage.define({ ...settings, name: "weft-words", startState: startWords });

const marks = [
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
];
const colours = HighlightStyle.define(marks);
// Words of a form are no quotation: what stands out are the holes.
const inWords = HighlightStyle.define([...marks, { tag: [tags.string, tags.special(tags.string)], color: "var(--w-text)" }]);

export const weft = () => [language, syntaxHighlighting(colours)];
// A field: an expression, or ("plain") words with `${...}` in them.
export const weftField = (mode) => (mode === "plain" ? [words, syntaxHighlighting(inWords)] : [expressions, syntaxHighlighting(colours)]);
