// What the camera shows when a graph comes. Pure.
import { boxes } from "./graph.js";

const READABLE = 0.72; // below this, words on the cards cannot be read at a glance

// A viewport {x, y, zoom} for a graph in a room {left, top, width, height} of the canvas: all of it where it fits at
// `least` that size, otherwise its beginning at a size that can be read.
export function framed(graph, room, least) {
  const all = [...boxes(graph).values()];
  const left = Math.min(...all.map((box) => box.x));
  const top = Math.min(...all.map((box) => box.y));
  const width = Math.max(...all.map((box) => box.x + box.width)) - left;
  const height = Math.max(...all.map((box) => box.y + box.height)) - top;
  const fit = Math.min(1, room.width / width, room.height / height);
  if (fit >= least) {
    const x = room.left + (room.width - width * fit) / 2 - left * fit;
    const y = room.top + Math.max(0, (room.height - height * fit) * 0.4) - top * fit;
    return { x, y, zoom: fit };
  }
  const zoom = Math.max(READABLE, Math.min(0.9, room.width / width));
  const start = boxes(graph).get("~start") ?? all[0];
  const y = room.top - top * zoom;
  if (width * zoom <= room.width) return { x: room.left + room.width / 2 - (left + width / 2) * zoom, y, zoom };
  // Too wide: from its left side, where the blocks have their names, as long as the beginning is seen.
  const isSeen = (start.x + start.width - left) * zoom <= room.width;
  return { x: isSeen ? room.left - left * zoom : room.left + room.width / 2 - (start.x + start.width / 2) * zoom, y, zoom };
}

// Whether a box (of a block: its upper part) is in view.
export function seen(box, view, area) {
  const at = { x: box.x * view.zoom + view.x, y: box.y * view.zoom + view.y };
  const size = { width: box.width * view.zoom, height: Math.min(box.height, 120) * view.zoom };
  return at.x >= area.left && at.y >= 0 && at.x + size.width <= area.width && at.y + size.height <= area.height;
}

// Where a note {x, y, width, height} stands beside what is at this height, at the right and over nothing.
export function besides(graph, height) {
  const size = { width: 208, height: 104 };
  const snap = (value) => Math.round(value / 8) * 8;
  const y = Math.max(24, snap(height));
  const beside = graph.nodes.filter((node) => node.parent === null && node.y < y + size.height + 16 && node.y + node.height > y - 16);
  return { x: snap(Math.max(24, ...beside.map((node) => node.x + node.width + 28))), y, ...size };
}
