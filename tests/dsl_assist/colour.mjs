// Colours the texts of standard input (a JSON list) as the studio's editor does, and prints for each its pieces.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { startState, token } = await import(pathToFileURL(process.argv[2]));

// The part of CodeMirror's stream that a tokenizer sees: one line.
class Stream {
  constructor(line) {
    this.string = line;
    this.pos = this.start = 0;
  }
  eol = () => this.pos >= this.string.length;
  peek = () => this.string.charAt(this.pos) || undefined;
  next = () => (this.eol() ? undefined : this.string.charAt(this.pos++));
  current = () => this.string.slice(this.start, this.pos);
  skipToEnd = () => void (this.pos = this.string.length);
  eatSpace() {
    const before = this.pos;
    while (/\s/.test(this.string.charAt(this.pos)) && !this.eol()) this.pos++;
    return this.pos > before;
  }
  match(pattern, consume = true) {
    if (typeof pattern === "string") {
      const found = this.string.startsWith(pattern, this.pos);
      if (found && consume) this.pos += pattern.length;
      return found;
    }
    const found = this.string.slice(this.pos).match(pattern);
    if (found && found.index > 0) return null;
    if (found && consume) this.pos += found[0].length;
    return found;
  }
}

// Places are counted in characters, as Python does.
const length = (text) => [...text].length;

const coloured = (text) => {
  const pieces = [];
  const state = startState();
  let at = 0;
  for (const line of text.split("\n")) {
    const stream = new Stream(line);
    while (!stream.eol()) {
      stream.start = stream.pos;
      const style = token(stream, state);
      if (stream.pos === stream.start) throw new Error(`stuck at ${at + stream.pos}`);
      const start = at + length(line.slice(0, stream.start));
      if (style) pieces.push([start, start + length(stream.current()), style]);
    }
    at += length(line) + 1;
  }
  return pieces;
};

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(coloured)));
