// Axes and how their numbers are said. Pure.

const NICE = [1, 2, 2.5, 5, 10];
const TIME = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000, 2592000, 8640000];

// The top of an axis that holds `most`, and where its lines are: at most `many` above zero.
export function scale(most, unit, many) {
  const least = unit === "count" ? 1 : unit === "usd" ? 0.01 : 0.001;
  const wanted = Math.max(most, least) / many;
  let step;
  if (unit === "seconds") step = TIME.find((one) => one >= wanted) ?? wanted;
  else {
    const size = 10 ** Math.floor(Math.log10(wanted));
    step = NICE.map((one) => one * size).find((one) => one >= wanted * 0.9999);
    if (unit === "count") step = Math.max(1, Math.ceil(step));
  }
  const lines = Math.max(1, Math.ceil(Math.max(most, least) / step - 1e-9));
  return { top: lines * step, step, marks: Array.from({ length: lines + 1 }, (_, index) => index * step) };
}

const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const plain = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

// On an axis.
export function measured(value, unit, { step }) {
  if (unit === "seconds") return value === 0 ? "0" : short(value);
  if (unit === "usd") return value === 0 ? "0" : `$${value >= 1000 ? compact.format(value) : value.toFixed(step < 1 ? 2 : 0)}`;
  return compact.format(value);
}

function short(seconds) {
  const say = (value, unit) => `${+value.toFixed(1)} ${unit}`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return say(seconds, "s");
  if (seconds < 3600) return say(seconds / 60, "min");
  if (seconds < 86400) return say(seconds / 3600, "h");
  return say(seconds / 86400, "d");
}

// In a tooltip and a table.
export function spoken(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "seconds") return value === 0 ? "0" : value < 0.001 ? "under 1 ms" : short(value);
  if (unit === "usd") return value === 0 ? "0" : value < 0.01 ? "under $0.01" : `$${value.toFixed(2)}`;
  return plain.format(value);
}

// Days are those of UTC, since they are counted so; anything finer is told in the reader's own time.
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const LOCAL = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const LOCAL_DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export function moment(at, step) {
  if (step >= 86400 * 2) return `${DAY.format(at)} to ${DAY.format(at + step * 1000 - 1)}`;
  if (step >= 86400) return WEEKDAY.format(at);
  if (step <= 60) return `${LOCAL.format(at)}, ${CLOCK.format(at)}`;
  return `${LOCAL.format(at)}, ${CLOCK.format(at)} to ${CLOCK.format(at + step * 1000)}`;
}

// Which moments have words below them: as many as have room, at round times.
export function ticksOfTime(since, step, slots, width) {
  const most = Math.max(2, Math.floor(width / 84));
  const steps = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2419200];
  const apart = steps.find((one) => one >= step && (slots * step) / one <= most) ?? slots * step;
  const every = Math.max(1, Math.round(apart / step));
  const zone = step >= 86400 ? 0 : new Date(since).getTimezoneOffset() * 60;
  const found = [];
  for (let slot = 0; slot < slots; slot++) {
    const at = since / 1000 + slot * step;
    const round = apart >= 172800 ? slot % every === 0 : (at - zone) % apart === 0;
    if (round && (slot * width) / slots < width - 16) found.push({ slot, words: words(at * 1000, step, apart, found.length === 0) });
  }
  return found;
}

function words(at, step, apart, first) {
  if (step >= 86400) return DAY.format(at);
  if (apart >= 86400) return LOCAL_DAY.format(at);
  const day = new Date(at).getHours() + new Date(at).getMinutes() === 0;
  return day && !first ? LOCAL_DAY.format(at) : CLOCK.format(at);
}
