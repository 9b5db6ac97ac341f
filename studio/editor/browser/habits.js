// What somebody used last and which groups they keep shut. Kept in this browser; where that is not possible, for now.
const KEPT = 8;
const memory = {};

function read(name) {
  try {
    const found = JSON.parse(localStorage.getItem(`weft.palette.${name}`) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return memory[name] ?? [];
  }
}

function write(name, value) {
  memory[name] = value;
  try {
    localStorage.setItem(`weft.palette.${name}`, JSON.stringify(value));
  } catch {
    // Private windows may keep nothing.
  }
  return value;
}

export const recent = () => read("recent");
export const folded = () => read("folded");

export function added(key) {
  return write("recent", [key, ...recent().filter((one) => one !== key)].slice(0, KEPT));
}

export function toggled(key) {
  const now = folded();
  return write("folded", now.includes(key) ? now.filter((one) => one !== key) : [...now, key]);
}
