// Weft as a language of the text pane: its colours, and how it is typed.
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import { startState, token } from "./weft_tokens.js";

const language = StreamLanguage.define({
  name: "weft",
  startState,
  token,
  tokenTable: {
    definition: tags.definition(tags.variableName),
    property: tags.propertyName,
    special: tags.special(tags.brace),
  },
  languageData: { commentTokens: { line: "//" }, closeBrackets: { brackets: ["(", "[", "{", '"'] }, indentOnInput: /^\s*\}$/ },
});

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
