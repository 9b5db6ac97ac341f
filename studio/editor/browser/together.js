// Two cameras that move together over graphs whose steps stand in different places. Pure.

// Where the other camera is when this one went from `from` to `to`: the same way on the screen, the same zoom factor.
export function followed(other, from, to) {
  const factor = to.zoom / from.zoom;
  return { x: to.x + factor * (other.x - from.x), y: to.y + factor * (other.y - from.y), zoom: other.zoom * factor };
}

// For a step that only `one` graph has: the last node before it, in the order of the text, that `other` has too.
export function nearby(one, other, path) {
  const known = new Set(other.nodes.map((node) => node.id));
  let found = "~start";
  for (const node of one.nodes) {
    if (node.id === path) break;
    if (node.step && known.has(node.id)) found = node.id;
  }
  return found;
}
