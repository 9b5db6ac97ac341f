// A chart over time: stacked bars or lines, with axes, a tooltip, a link to what is behind each moment, and a table of the
// same numbers. `spec` is what studio/dashboard/shown.py makes of figures.
import "./dashboard.css";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { measured, moment, scale, spoken, ticksOfTime } from "./scales.js";

const PAD = { left: 46, right: 10, top: 10, bottom: 24 };
const LEAST = 24; // pixels of what can be aimed at

export function Chart({ spec, label, height = 190, loaded }) {
  const box = useRef(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const look = () => setWidth(Math.round(box.current.clientWidth));
    look();
    const observer = new ResizeObserver(look);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const ready = loaded && spec?.series;
  return (
    <figure className="w-chart" aria-label={label} ref={box} data-testid={`chart-${spec?.kind ?? "none"}`}>
      <div style={{ height }} className="w-chart-plot" aria-busy={ready ? undefined : true}>
        {!ready ? <div className="w-skeleton w-chart-skeleton" /> : width ? <Plot spec={spec} label={label} width={width} height={height} /> : null}
      </div>
      <Below spec={ready ? spec : null} label={label} />
    </figure>
  );
}

function address(spec, slot, series) {
  const { path, query, since, until } = spec.link;
  if (!path) return undefined;
  const said = new URLSearchParams({ ...query, ...(series?.query ?? {}) });
  const start = Date.parse(spec.since) + slot * spec.step * 1000;
  if (since) said.set(since, iso(start));
  if (until) said.set(until, iso(start + spec.step * 1000));
  const text = said.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return text ? `${path}?${text}` : path;
}

const iso = (at) => new Date(at).toISOString().replace(".000Z", "Z");

function Plot({ spec, label, width, height }) {
  const { kind, series, slots, step, unit } = spec;
  const [active, setActive] = useState(null);
  const [chosen, setChosen] = useState(null);
  const aim = useRef(null);
  const pointer = useRef("mouse");
  const told = useRef(null);
  const navigate = useNavigate();
  const since = Date.parse(spec.since);
  const wide = width - PAD.left - PAD.right;
  const high = height - PAD.top - PAD.bottom;
  const each = wide / slots;

  const shape = useMemo(() => {
    const tops = Array.from({ length: slots }, (_, slot) =>
      kind === "bars" ? series.reduce((sum, one) => sum + (one.values[slot] ?? 0), 0) : Math.max(0, ...series.map((one) => one.values[slot] ?? 0)),
    );
    return { tops, ...scale(Math.max(...tops), unit, Math.max(2, Math.floor(high / 46))) };
  }, [spec, high]);
  const y = (value) => PAD.top + high - (value / shape.top) * high;
  const x = (slot) => PAD.left + slot * each;
  const nothing = !series.some((one) => one.values.some((value) => value !== null && value !== 0));
  const newest = useMemo(() => {
    for (let slot = slots - 1; slot > 0; slot--) if (shape.tops[slot]) return slot;
    return slots - 1;
  }, [shape, slots]);

  const slotAt = (event) => {
    const left = event.currentTarget.getBoundingClientRect().left;
    return Math.max(0, Math.min(slots - 1, Math.floor((event.clientX - left - PAD.left) / each)));
  };
  const seriesAt = (event, slot) => {
    if (kind !== "bars") return null;
    const value = ((PAD.top + high - (event.clientY - box(aim).top + PAD.top)) / high) * shape.top;
    let sum = 0;
    return series.find((one) => value <= (sum += one.values[slot] ?? 0) && one.values[slot]) ?? null;
  };
  const box = (ref) => ref.current.getBoundingClientRect();
  const at = active ?? newest;
  const picked = chosen === null ? null : series[chosen];
  const href = address(spec, at, picked);

  const onKeyDown = (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -slots, End: slots }[event.key];
    const next = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (move) {
      event.preventDefault();
      setActive(Math.max(0, Math.min(slots - 1, at + move)));
    } else if (next && kind === "bars" && series.length > 1) {
      event.preventDefault();
      setChosen((now) => {
        const to = (now ?? (next > 0 ? -1 : series.length)) + next;
        return to < 0 || to >= series.length ? null : to;
      });
    } else if (event.key === "Escape") {
      setActive(null);
      setChosen(null);
    }
  };
  const onClick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    // A finger has no hover: it looks first, and goes with the second touch.
    if (pointer.current !== "mouse" && told.current !== at) {
      told.current = at;
      return;
    }
    const to = event.detail ? address(spec, at, seriesAt(event, at)) : href;
    if (to) navigate(to);
  };
  const said = (slot) => [moment(since + slot * step * 1000, step), ...series.map((one) => `${one.label} ${spoken(one.values[slot], unit)}`)].join(", ");
  const from = Math.max(PAD.left, Math.min(width - PAD.right - Math.max(each, LEAST), x(at) + each / 2 - Math.max(each, LEAST) / 2));

  return (
    <div
      className="w-chart-area"
      onPointerMove={(event) => event.pointerType === "mouse" && setActive(slotAt(event))}
      onPointerDown={(event) => {
        pointer.current = event.pointerType;
        setActive(slotAt(event));
      }}
      onPointerLeave={(event) => event.pointerType === "mouse" && document.activeElement !== aim.current && setActive(null)}
    >
      <svg width={width} height={height} aria-hidden="true" className="w-chart-svg">
        {shape.marks.map((value) => (
          <g key={value}>
            <line x1={PAD.left} x2={width - PAD.right} y1={Math.round(y(value)) + 0.5} y2={Math.round(y(value)) + 0.5} className={value ? "w-chart-grid" : "w-chart-base"} />
            <text x={PAD.left - 6} y={y(value) + 4} textAnchor="end">{measured(value, unit, shape)}</text>
          </g>
        ))}
        {ticksOfTime(since, step, slots, wide).map(({ slot, words }) => (
          <g key={slot}>
            <line x1={x(slot)} x2={x(slot)} y1={PAD.top + high} y2={PAD.top + high + 4} className="w-chart-base" />
            <text x={Math.min(x(slot), width - PAD.right - 24)} y={height - 7} textAnchor="middle">{words}</text>
          </g>
        ))}
        {active !== null ? <rect x={x(at)} width={Math.max(1, each)} y={PAD.top} height={high} className="w-chart-here" /> : null}
        {kind === "bars" ? <Bars {...{ spec, x, y, each, chosen: active === null ? null : chosen, at }} /> : <Lines {...{ spec, x, y, each, at: active }} />}
      </svg>
      {nothing ? <p className="w-chart-nothing">Nothing in this time.</p> : null}
      {href ? (
        <a
          ref={aim}
          href={href}
          className="w-chart-aim"
          style={{ left: from, width: Math.max(each, LEAST), top: PAD.top, height: high }}
          aria-label={`${label}. ${said(at)}. Arrows move; Enter shows the ${spec.what}${picked ? ` that ${picked.label.toLowerCase()}` : ""}.`}
          onKeyDown={onKeyDown}
          onFocus={(event) => event.target.matches(":focus-visible") && setActive(at)}
          onBlur={() => (setActive(null), setChosen(null))}
          onClick={onClick}
          draggable={false}
          data-testid="chart-aim"
        />
      ) : null}
      {active !== null && !nothing ? <Tip {...{ spec, at, since, width, left: x(at) + each / 2, chosen }} /> : null}
      <span className="w-visually-hidden" aria-live="polite">{active !== null && document.activeElement === aim.current ? said(at) : ""}</span>
    </div>
  );
}

function Bars({ spec, x, y, each, chosen, at }) {
  const gap = each > 6 ? Math.min(3, each * 0.2) : each > 3 ? 1 : 0;
  const shapes = [];
  for (let slot = 0; slot < spec.slots; slot++) {
    let sum = 0;
    spec.series.forEach((one, index) => {
      const value = one.values[slot];
      if (!value) return;
      const low = y(sum);
      sum += value;
      const top = y(sum);
      const dim = chosen !== null && slot === at && chosen !== index;
      shapes.push(<rect key={`${slot}.${one.key}`} x={x(slot) + gap / 2} width={Math.max(1, each - gap)} y={Math.min(top, low - 1)} height={Math.max(1, low - top)} className={`w-chart-fill ${one.tone}${dim ? " dim" : ""}`} />);
    });
  }
  return shapes;
}

function Lines({ spec, x, y, each, at }) {
  return spec.series.map((one) => {
    const parts = [];
    const dots = [];
    let open = false;
    one.values.forEach((value, slot) => {
      if (value === null) {
        open = false;
        return;
      }
      const alone = !open && (one.values[slot + 1] ?? null) === null;
      if (alone || slot === at) dots.push(<circle key={slot} cx={x(slot) + each / 2} cy={y(value)} r={slot === at ? 3.5 : 2} className={`w-chart-dot ${one.tone}`} />);
      parts.push(`${open ? "L" : "M"}${(x(slot) + each / 2).toFixed(1)} ${y(value).toFixed(1)}`);
      open = true;
    });
    return (
      <g key={one.key}>
        <path d={parts.join("")} className={`w-chart-line ${one.tone}`} strokeDasharray={one.dash || undefined} />
        {dots}
      </g>
    );
  });
}

function Tip({ spec, at, since, width, left, chosen }) {
  const right = left > width / 2;
  const total = spec.kind === "bars" && spec.series.length > 1 ? spec.series.reduce((sum, one) => sum + (one.values[at] ?? 0), 0) : null;
  return (
    <div className="w-chart-tip" style={right ? { right: width - left + 12 } : { left: left + 12 }} aria-hidden="true">
      <div className="w-strong w-nowrap">{moment(since + at * spec.step * 1000, spec.step)}</div>
      {spec.series.map((one, index) => (
        <div key={one.key} className={`w-chart-tip-line${chosen === index ? " chosen" : ""}`}>
          <Swatch one={one} kind={spec.kind} />
          <span>{one.label}</span>
          <span className="w-spacer" />
          <span className="w-number">{spoken(one.values[at], spec.unit)}</span>
        </div>
      ))}
      {total === null ? null : (
        <div className="w-chart-tip-line">
          <span>Together</span>
          <span className="w-spacer" />
          <span className="w-number">{spoken(total, spec.unit)}</span>
        </div>
      )}
    </div>
  );
}

function Swatch({ one, kind }) {
  return (
    <svg width="16" height="10" aria-hidden="true">
      {kind === "bars" ? <rect x="3" width="10" height="10" rx="2" className={`w-chart-fill ${one.tone}`} /> : <line x1="0" x2="16" y1="5" y2="5" className={`w-chart-line ${one.tone}`} strokeDasharray={one.dash || undefined} />}
    </svg>
  );
}

function Below({ spec, label }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const navigate = useNavigate();
  const since = spec ? Date.parse(spec.since) : 0;
  const rows = open && spec ? Array.from({ length: spec.slots }, (_, slot) => slot).filter((slot) => spec.series.some((one) => one.values[slot])) : [];
  const go = (event, to) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <figcaption className="w-chart-below">
      <div className="w-chart-legend">
        {(spec?.series ?? []).map((one) => (
          <span key={one.key}>
            <Swatch one={one} kind={spec.kind} />
            {one.label}
          </span>
        ))}
        <span className="w-spacer" />
        <button type="button" className="w-button ghost small" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)} disabled={!spec} data-testid="chart-table">
          {open ? "Hide the numbers" : "Numbers"}
          <span className="w-visually-hidden"> of {label}</span>
        </button>
      </div>
      <div id={id}>
        {open && spec ? (
          <div className="w-chart-table" tabIndex={0} role="region" aria-label={`${label}: numbers`}>
            <table>
              <thead>
                <tr>
                  <th scope="col">From</th>
                  {spec.series.map((one) => <th key={one.key} scope="col">{one.label}</th>)}
                </tr>
              </thead>
              <tbody>
                {rows.map((slot) => {
                  const to = address(spec, slot);
                  const when = moment(since + slot * spec.step * 1000, spec.step);
                  return (
                    <tr key={slot}>
                      <th scope="row">{to ? <a href={to} onClick={(event) => go(event, to)}>{when}</a> : when}</th>
                      {spec.series.map((one) => {
                        const link = one.values[slot] && Object.keys(one.query).length ? address(spec, slot, one) : null;
                        const words = spoken(one.values[slot], spec.unit);
                        return <td key={one.key}>{link ? <a href={link} onClick={(event) => go(event, link)} aria-label={`${words} ${one.label}, ${when}`}>{words}</a> : words}</td>;
                      })}
                    </tr>
                  );
                })}
                {rows.length ? null : <tr><td colSpan={spec.series.length + 1}>Nothing in this time.</td></tr>}
              </tbody>
            </table>
          </div>
        ) : null}
      </div>
    </figcaption>
  );
}
