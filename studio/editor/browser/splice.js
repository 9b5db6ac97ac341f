// Splices of JavaScript strings: {start, end, insert}, in UTF-16 units. The server counts characters (code points).

export function difference(before, after) {
  let start = 0;
  const most = Math.min(before.length, after.length);
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  let tail = 0;
  while (tail < most - start && before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)) tail++;
  // Never cut a surrogate pair in two.
  if (start > 0 && isLow(before, start) | isLow(after, start)) start--;
  if (tail > 0 && isLow(before, before.length - tail) | isLow(after, after.length - tail)) tail--;
  return { start, end: before.length - tail, insert: after.slice(start, after.length - tail) };
}

export function spliced(text, { start, end, insert }) {
  return text.slice(0, start) + insert + text.slice(end);
}

// Where `change` goes after `over`, both made for one text: what `over` put in stays, except where the change took out
// all around it. As `carried` in studio/editor/splice.py, so that both sides come to the same text.
export function carried(change, over) {
  const shift = over.insert.length - (over.end - over.start);
  const put = over.start + over.insert.length;
  const { start, end, insert } = change;
  if (start >= over.end) return { start: start + shift, end: end + shift, insert };
  if (end <= over.start) return change;
  if (start <= over.start && end >= over.end) return { start, end: end + shift, insert };
  if (start < over.start) return { start, end: over.start, insert };
  return end > over.end ? { start: put, end: end + shift, insert } : { start: put, end: put, insert };
}

const PAIR = /[\ud800-\udbff]/;

export function units(text, characters) {
  if (!PAIR.test(text)) return characters;
  let at = 0;
  for (let left = characters; left > 0 && at < text.length; left--) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}

export function points(text, at) {
  if (!PAIR.test(text)) return at;
  return [...text.slice(0, at)].length;
}

function isLow(text, at) {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
