// Questions to the server while somebody writes, from whatever part of the page. One is on its way at a time; of those
// that wait, the newest of each want is asked, since an older one is about a text that is gone. Knows no editor.
const PATIENCE = 5000; // ms until an answer counts as lost

let say = null;
let seq = 0;
let flight = null; // {seq, resolve, timer}
const waiting = new Map(); // want -> {build, resolve}

// The page's one line to the server; null when the page is left.
export function connect(onAsk) {
  say = onAsk;
  if (!say) for (const want of [...waiting.keys()]) drop(want);
  next();
}

// `build` makes the rest of the question when it is sent: {place, name?}, null for nothing to ask any more. The promise
// gives the answer, null where there is none.
export function ask(want, build) {
  drop(want);
  return new Promise((resolve) => {
    waiting.set(want, { build, resolve });
    next();
  });
}

export function answered(answer) {
  if (!flight || answer?.seq !== flight.seq) return;
  land(answer.stale ? null : answer);
}

function drop(want) {
  waiting.get(want)?.resolve(null);
  waiting.delete(want);
}

function land(answer) {
  const { resolve, timer } = flight;
  clearTimeout(timer);
  flight = null;
  resolve(answer);
  next();
}

function next() {
  if (flight || !say) return;
  for (const [want, { build, resolve }] of waiting) {
    waiting.delete(want);
    const made = build();
    if (!made) {
      resolve(null);
      continue;
    }
    flight = { seq: ++seq, resolve, timer: setTimeout(() => land(null), PATIENCE) };
    say({ seq, want, ...made });
    return;
  }
}
