// The little Markdown that explanations are written in, as elements: paragraphs, lists, code, **strong**, rules. Words of
// connectors and people come through here, so everything is set as text and nothing is ever read as markup.
export function markdown(text) {
  const box = document.createElement("div");
  box.className = "wf-told";
  let list = null;
  const parts = String(text ?? "").split(/^```\w*\n([\s\S]*?)\n?```$/m);
  parts.forEach((part, index) => {
    if (index % 2 === 1) return void add(box, "pre", "w-mono").append(part);
    for (const block of part.split(/\n{2,}/)) {
      list = null;
      let words = null;
      for (const line of block.split("\n")) {
        const item = /^\s*[-*] (.*)$/.exec(line);
        if (/^\s*---\s*$/.test(line)) add(box, "hr");
        else if (item) {
          list ??= add(box, "ul");
          words = inline(add(list, "li"), item[1]);
        } else if (line.trim()) {
          if (words) words.append(" ");
          words = inline(words ?? add(box, "p"), line.trim());
        }
      }
    }
  });
  return box;
}

function inline(into, text) {
  const part = /`([^`]+)`|\*\*((?:\\.|[^*])+)\*\*|\\([\\`*_{}[\]<>#|])/g;
  let at = 0;
  for (let found = part.exec(text); found; found = part.exec(text)) {
    into.append(text.slice(at, found.index));
    at = part.lastIndex;
    if (found[1] !== undefined) add(into, "code", "wf-code").append(found[1]);
    else if (found[2] !== undefined) inline(add(into, "strong"), found[2]);
    else into.append(found[3]);
  }
  into.append(text.slice(at));
  return into;
}

function add(parent, name, className = "") {
  const made = parent.appendChild(document.createElement(name));
  if (className) made.className = className;
  return made;
}
