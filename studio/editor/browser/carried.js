// What hangs on the pointer while something is dragged. Plain elements, moved by a transform alone: no frame waits for
// the page to be drawn again.
const BACK = 180; // milliseconds of the way back

function hang(element, at, className) {
  const holder = document.createElement("div");
  holder.className = `wf-carried ${className}`;
  holder.setAttribute("aria-hidden", "true");
  holder.append(element);
  const why = document.createElement("div");
  why.className = "wf-carried-why";
  why.hidden = true;
  document.body.append(holder, why);
  const place = (x, y) => {
    holder.style.transform = `translate(${x}px, ${y}px)`;
  };
  place(at.x, at.y);
  return {
    move: place,
    tell(words, x, y) {
      why.hidden = !words;
      if (words && why.textContent !== words) why.textContent = words;
      why.style.transform = `translate(${Math.min(x + 14, window.innerWidth - 260)}px, ${y + 18}px)`;
    },
    light(on) {
      holder.classList.toggle("will-land", on);
    },
    drop() {
      holder.remove();
      why.remove();
    },
    // Gently back to where it came from.
    back(x, y) {
      why.remove();
      holder.classList.add("goes-back");
      place(x, y);
      setTimeout(() => holder.remove(), BACK);
    },
  };
}

// A copy of a card as large as it is seen. Of a block only its face is carried.
export function carryCard(card, zoom, offset, count = 1) {
  const box = card.getBoundingClientRect();
  const copy = card.cloneNode(true);
  for (const one of [copy, ...copy.querySelectorAll("[data-testid], [id]")]) {
    one.removeAttribute("data-testid");
    one.removeAttribute("id");
  }
  copy.classList.remove("is-lifted");
  const width = card.offsetWidth;
  const isBlock = card.classList.contains("wf-container");
  const shown = isBlock ? Math.min(width, 320) : width;
  copy.style.width = `${shown}px`;
  copy.style.height = `${isBlock ? Math.min(card.offsetHeight, 74) : card.offsetHeight}px`;
  copy.style.scale = String(zoom);
  if (count > 1) {
    const told = document.createElement("span");
    told.className = "wf-carried-count";
    told.textContent = `${count} steps`;
    copy.append(told);
  }
  const grip = { x: isBlock ? Math.min(offset.x, shown * zoom * 0.8) : offset.x, y: offset.y };
  const hung = hang(copy, { x: box.left + offset.x - grip.x, y: box.top }, "is-card");
  return { ...hung, grip, width: width * zoom, home: { x: box.left + offset.x - grip.x, y: box.top } };
}

// A small card for what comes from the palette.
export function carryItem(from, item, at) {
  const copy = document.createElement("div");
  copy.className = "wf-ghost";
  const face = from?.querySelector?.(".wf-icon");
  if (face) copy.append(face.cloneNode(true));
  copy.append(item.title);
  const hung = hang(copy, { x: at.x + 14, y: at.y + 14 }, "is-item");
  return { ...hung, grip: { x: -14, y: -14 }, width: 0, home: { x: at.x, y: at.y } };
}
