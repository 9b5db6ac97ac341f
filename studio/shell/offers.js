// What can be done on the page that is open, for the command palette. Whoever offers something puts it in here, as a
// function that lists it when it is asked for, and takes it out when it leaves the page.
//
// A command is {id, title, about, of, words, group, keys, icon, passing, run}: `words` are found too but not shown, `of`
// (what it would be done to) is shown but not found, and `passing` is not kept among the recent ones.
const offers = new Map();

export const offer = (name, list) => offers.set(name, list);
export const withdraw = (name) => offers.delete(name);
export const offered = () => [...offers.values()].flatMap((list) => list());

// How well a text answers what was typed: 0 not at all. Words count whole, at the beginning of a word, in the middle,
// and at last as letters in this order.
export function score(query, text) {
  const hay = text.toLowerCase();
  let least = Infinity;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const found = one(word, hay);
    if (!found) return 0;
    least = Math.min(least, found);
  }
  return least === Infinity ? 1 : least - Math.min(9, hay.length / 20);
}

const begins = (hay, at) => at === 0 || /[^\p{L}\p{N}]/u.test(hay[at - 1]);

function one(word, hay) {
  let best = 0;
  for (let at = hay.indexOf(word); at >= 0; at = hay.indexOf(word, at + 1)) {
    const grade = at === 0 ? 100 : begins(hay, at) ? 90 : 60;
    if (grade > best) best = grade;
  }
  return best || letters(word, hay);
}

// "rfo" finds "Refund order": every letter begins a word or follows the one before it; at most one may stand alone.
function letters(word, hay) {
  let from = 0;
  let loose = 0;
  for (const [index, letter] of [...word].entries()) {
    let at = hay.indexOf(letter, from);
    if (at < 0) return 0;
    if (!(index && at === from)) {
      let start = at;
      while (start >= 0 && !begins(hay, start)) start = hay.indexOf(letter, start + 1);
      if (start >= 0) at = start;
      else if ((loose += 1) > 1) return 0;
    }
    from = at + 1;
  }
  return 40 - loose * 10;
}

// The commands that answer, best first; the title counts more than what is said about it.
export function ranked(commands, query, limit = 60) {
  const graded = commands.map((command, index) => {
    const title = score(query, command.title);
    const rest = title ? 0 : score(query, `${command.title} ${command.words ?? ""} ${command.about ?? ""}`) / 2;
    return { command, index, grade: title || rest };
  });
  return graded
    .filter(({ grade }) => grade > 0)
    .sort((a, b) => b.grade - a.grade || a.index - b.index)
    .slice(0, limit)
    .map(({ command }) => command);
}
