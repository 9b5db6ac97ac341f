// The little Markdown that descriptions are written in, as React elements: headings, paragraphs, lists, quotes, code,
// **strong**, *emphasis*, links. Whoever wrote it may be hostile: everything is set as text, nothing is ever read as
// markup, and a link leads to the web or to a mailbox, outside of this page.
const LINK = /^(https?:\/\/|mailto:)[^\s"'<>`]+$/i;
const MOST = 20000;

export function Markdown({ text, className = "" }) {
  return <div className={`wf-prose ${className}`}>{blocks(String(text ?? "").slice(0, MOST))}</div>;
}

export function isSafe(address) {
  return LINK.test(address);
}

function blocks(text) {
  const found = [];
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (!line.trim()) at++;
    else if (/^\s*(```|~~~)/.test(line)) {
      const fence = line.trim().slice(0, 3);
      let end = at + 1;
      while (end < lines.length && !lines[end].trim().startsWith(fence)) end++;
      found.push(<pre key={at} className="w-mono">{lines.slice(at + 1, end).join("\n")}</pre>);
      at = end + 1;
    } else if (/^\s*#{1,6}\s/.test(line)) {
      found.push(<p key={at} className="wf-prose-head">{inline(line.replace(/^\s*#+\s*/, ""))}</p>);
      at++;
    } else if (/^\s*([-*_])\s*(\1\s*){2,}$/.test(line)) {
      found.push(<hr key={at} />);
      at++;
    } else if (/^\s*([-*+]|\d{1,3}[.)])\s/.test(line)) {
      const start = at;
      const items = [];
      const Tag = /^\s*\d/.test(line) ? "ol" : "ul";
      for (; at < lines.length && lines[at].trim(); at++) {
        const item = /^\s*(?:[-*+]|\d{1,3}[.)])\s+(.*)$/.exec(lines[at]);
        if (item) items.push(item[1]);
        else if (items.length) items[items.length - 1] += ` ${lines[at].trim()}`;
      }
      found.push(<Tag key={start}>{items.map((item, index) => <li key={index}>{inline(item)}</li>)}</Tag>);
    } else if (/^\s*>/.test(line)) {
      const start = at;
      const quoted = [];
      for (; at < lines.length && /^\s*>/.test(lines[at]); at++) quoted.push(lines[at].replace(/^\s*>\s?/, ""));
      found.push(<blockquote key={start}>{inline(quoted.join(" "))}</blockquote>);
    } else {
      const start = at;
      const words = [];
      for (; at < lines.length && lines[at].trim() && !/^\s*(```|~~~|#{1,6}\s|>|[-*+]\s|\d{1,3}[.)]\s)/.test(lines[at]); at++) words.push(lines[at].trim());
      if (at === start) words.push(lines[at++].trim());
      found.push(<p key={start}>{inline(words.join(" "))}</p>);
    }
  }
  return found;
}

const PART = /`([^`]+)`|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|!?\[([^\][]*)\]\(([^()\s]*)(?:\s+"[^"]*")?\)|<(https?:\/\/[^\s<>]+)>|\\([\\`*_{}[\]<>()#+\-.!|])/g;

function inline(text, depth = 0) {
  if (depth > 3) return text;
  const found = [];
  let at = 0;
  for (const match of text.matchAll(PART)) {
    if (match.index > at) found.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    const [, code, strong, strong2, soft, words, address, bare, escaped] = match;
    const key = match.index;
    if (code !== undefined) found.push(<code key={key} className="wf-code">{code}</code>);
    else if (strong ?? strong2) found.push(<strong key={key}>{inline(strong ?? strong2, depth + 1)}</strong>);
    else if (soft !== undefined) found.push(<em key={key}>{inline(soft, depth + 1)}</em>);
    else if (address !== undefined) found.push(link(key, address, words ? inline(words, depth + 1) : address));
    else if (bare !== undefined) found.push(link(key, bare, bare));
    else found.push(escaped);
  }
  if (at < text.length) found.push(text.slice(at));
  return found;
}

// A picture would tell its server who looks at it: its words stand for it, and its address only as a link.
function link(key, address, words) {
  if (!isSafe(address)) return <span key={key}>{words}</span>;
  return <a key={key} href={address} target="_blank" rel="noopener noreferrer nofollow">{words}</a>;
}
