// What differs between two texts, line by line and within a line. Lines that both have exactly once hold the two together
// (as patience diff does); between them the shortest edit script by Myers. Past a bound of work the rest counts as
// replaced, so that two texts without anything in common cost no more than two that are alike.
const WORK = 300_000;
const SMALL = 60; // lines; fewer need nothing to hold on to

// Runs in order: {kind: "same" | "changed", a, b, c, d}: lines a..b of the old one, c..d of the new one.
export function runs(old, fresh) {
  const [before, after] = [old.split("\n"), fresh.split("\n")];
  const found = [];
  for (const [a, b, c, d] of kept(before, after)) {
    const last = found.at(-1) ?? { b: 0, d: 0 };
    if (a > last.b || c > last.d) found.push({ kind: "changed", a: last.b, b: a, c: last.d, d: c });
    if (b > a) found.push({ kind: "same", a, b, c, d });
  }
  return { before, after, runs: found };
}

// Within a line: pieces of each side, {text, changed}.
export function inLine(old, fresh) {
  const [before, after] = [words(old), words(fresh)];
  const sides = [[], []];
  let last = [0, 0];
  for (const [a, b, c, d] of kept(before, after)) {
    put(sides[0], before.slice(last[0], a), true);
    put(sides[1], after.slice(last[1], c), true);
    put(sides[0], before.slice(a, b), false);
    put(sides[1], after.slice(c, d), false);
    last = [b, d];
  }
  return sides;
}

const words = (line) => line.match(/\w+|\s+|[^\w\s]/g) ?? [];
const put = (side, parts, changed) => parts.length && side.push({ text: parts.join(""), changed });

// Ranges that both have, in order, and an empty one at the end.
function kept(before, after) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let tail = 0;
  while (tail < before.length - start && tail < after.length - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const middle = held(before.slice(start, before.length - tail), after.slice(start, after.length - tail));
  const found = start ? [[0, start, 0, start]] : [];
  for (const [a, b, c, d] of middle) found.push([a + start, b + start, c + start, d + start]);
  found.push([before.length - tail, before.length, after.length - tail, after.length]);
  return found;
}

// The gaps between lines that stand once in each text, in an order that both have; a large gap is held in the same way.
function held(before, after) {
  if (before.length + after.length < SMALL) return between(before, after);
  const pairs = rising(once(before, after));
  if (!pairs.length) return between(before, after);
  const found = [];
  let [a, c] = [0, 0];
  for (const [i, k] of [...pairs, [before.length, after.length]]) {
    for (const [w, x, y, z] of kept(before.slice(a, i), after.slice(c, k))) if (x > w) found.push([w + a, x + a, y + c, z + c]);
    if (i < before.length) found.push([i, i + 1, k, k + 1]);
    [a, c] = [i + 1, k + 1];
  }
  return found;
}

function once(before, after) {
  const places = new Map();
  const count = (lines, side) =>
    lines.forEach((line, n) => {
      const seen = places.get(line) ?? places.set(line, [-1, -1]).get(line);
      seen[side] = seen[side] === -1 ? n : -2;
    });
  count(before, 0);
  count(after, 1);
  return [...places.values()].filter(([i, k]) => i >= 0 && k >= 0);
}

// The longest run of pairs that rises on both sides.
function rising(pairs) {
  const ends = [];
  const behind = new Map();
  for (const pair of pairs.sort((one, other) => one[0] - other[0])) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle][1] < pair[1]) low = middle + 1;
      else high = middle;
    }
    behind.set(pair, ends[low - 1]);
    ends[low] = pair;
  }
  const found = [];
  for (let pair = ends.at(-1); pair; pair = behind.get(pair)) found.unshift(pair);
  return found;
}

function between(before, after) {
  const [n, m] = [before.length, after.length];
  if (!n || !m) return [];
  const size = n + m;
  const furthest = new Map([[1, 0]]);
  const trail = [];
  let work = 0;
  for (let depth = 0; depth <= size; depth++) {
    trail.push(new Map(furthest));
    work += furthest.size;
    if (work > WORK) return [];
    for (let k = -depth; k <= depth; k += 2) {
      const down = k === -depth || (k !== depth && furthest.get(k - 1) < furthest.get(k + 1));
      let x = down ? furthest.get(k + 1) : furthest.get(k - 1) + 1;
      let y = x - k;
      while (x < n && y < m && before[x] === after[y]) x++, y++;
      furthest.set(k, x);
      if (x >= n && y >= m) return matches(trail, n, m);
    }
  }
  return [];
}

function matches(trail, x, y) {
  const found = [];
  for (let depth = trail.length - 1; depth >= 0 && (x > 0 || y > 0); depth--) {
    const furthest = trail[depth];
    const k = x - y;
    const down = k === -depth || (k !== depth && furthest.get(k - 1) < furthest.get(k + 1));
    const fromX = down ? furthest.get(k + 1) : furthest.get(k - 1);
    const fromY = fromX - (down ? k + 1 : k - 1);
    const startX = depth === 0 ? 0 : down ? fromX : fromX + 1;
    const startY = startX - k;
    if (x > startX) found.unshift([startX, x, startY, y]);
    [x, y] = [Math.max(0, fromX), Math.max(0, fromY)];
  }
  return found;
}
