// The page's own clock for `weft bench studio`. Times are milliseconds since the navigation began, or since a key.
(() => {
  const probe = (window.probe = { painted: 0, interactive: 0, frames: [] });

  // Painted: the first frame after a step stood on the canvas. Interactive: the first two frames in a row from then on
  // that came without anything long between them.
  const painted = () => {
    if (!document.querySelector("[data-testid=canvas] .wf-step")) return requestAnimationFrame(painted);
    requestAnimationFrame((at) => {
      probe.painted = performance.now();
      let last = at;
      const calm = (now) => {
        if (now - last < 50) return (probe.interactive = performance.now());
        last = now;
        requestAnimationFrame(calm);
      };
      requestAnimationFrame(calm);
    });
  };
  requestAnimationFrame(painted);

  // From the next key that goes down until `done` holds in a frame, and that frame is painted.
  probe.fromKey = (done, limit) => {
    probe.result = new Promise((resolve) => {
      let from = 0;
      window.addEventListener("keydown", (event) => (from = event.timeStamp), { capture: true, once: true });
      const began = performance.now();
      const look = () => {
        if (from && done()) requestAnimationFrame(() => resolve(performance.now() - from));
        else if (performance.now() - began > limit) resolve(-1);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  };

  // Frame times while something is dragged.
  probe.startFrames = () => {
    probe.frames = [];
    let last = 0;
    const next = (now) => {
      if (!probe.frames) return;
      if (last) probe.frames.push(now - last);
      last = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  };
  probe.stopFrames = () => {
    const found = probe.frames;
    probe.frames = null;
    return found;
  };

  const node = (path) => document.querySelector(`[data-testid="node-${path}"]`);
  const pane = () => document.querySelector("[data-testid=text-pane] .cm-content");
  probe.node = node;
  probe.rev = () => Number(document.querySelector("[data-testid=canvas]")?.dataset.rev ?? -1);
  probe.shows = (path) => node(path) !== null;
  probe.words = (path) => node(path)?.textContent ?? "";
  probe.reads = (text) => pane().textContent.includes(text);
  probe.wrong = (path) => node(path)?.querySelector(".wf-problem") != null && pane().querySelector(".cm-lintRange") != null;
})();
