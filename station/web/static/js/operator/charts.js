/** Power, current and voltage of an outlet: the last ten minutes, and on from there. */

import { get } from "../api.js";
import { fill, find, h, put } from "../dom.js";
import { current, decimal, NONE, power, time, timeWithSeconds, voltage } from "../numbers.js";
import { say } from "../words.js";
import { Panel } from "./panel.js";

const LIBRARY = { script: "../../vendor/uPlot.iife.min.js", style: "../../vendor/uPlot.min.css" };
const KEPT = 600;
const HEIGHT_PX = 220;
const PHASES = ["L1", "L2", "L3"];
const DASHES = [[], [8, 4], [2, 4]];
/** What is drawn: its values in a live view, and how they are written. */
const KINDS = [
  { name: "power", of: (live) => [live.power_w], write: power, scale: 1000, digits: 1, least: 1000 },
  { name: "current", of: (live) => live.currents_a ?? [], write: current, scale: 1, digits: 0, least: 6 },
  { name: "voltage", of: (live) => live.voltages_v ?? [], write: voltage, scale: 1, digits: 0, least: 0 },
];

export class Charts extends Panel {
  constructor(store) {
    super(store);
    this.choice = h("select", { id: "chart-outlet", on: { change: () => this.load() } });
    this.note = h("p", { class: "quiet", say: "charts.loading" });
    this.board = h("div", { class: "charts" });
    const label = h("label", { for: "chart-outlet", say: "charts.outlet" });
    this.element.append(h("p", { class: "filters" }, label, this.choice), this.note, this.board);
    this.plots = [];
    this.taken = "";
  }

  async open() {
    await library();
    if (this.closed) return;
    this.watch("status", () => this.store.status && this.show(this.store.status));
    const redraw = () => this.draw();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", redraw);
    const sized = new ResizeObserver(() => this.resize());
    sized.observe(this.board);
    this.ends.push(
      () => dark.removeEventListener("change", redraw),
      () => sized.disconnect(),
      () => this.plots.forEach((plot) => plot.destroy()),
    );
  }

  show(status) {
    if (!this.choice.options.length) {
      const option = ({ outlet }) => h("option", { value: outlet.evse_id }, `${outlet.evse_id} – ${outlet.name}`);
      fill(this.choice, status.outlets.map(option));
      this.load();
      return;
    }
    const one = status.outlets.find(({ outlet }) => String(outlet.evse_id) === this.choice.value);
    if (this.series && one && status.now !== this.taken) this.append(status.now, one.outlet.live ?? {});
  }

  async load() {
    const id = this.choice.value;
    const history = await get(`outlets/${id}/history`).catch(() => null);
    if (!history || id !== this.choice.value) return;
    const until = new Date(history.until).getTime() / 1000;
    const length = history.power_w.length;
    const times = history.power_w.map((_, index) => until - (length - 1 - index) * history.step_s);
    this.series = {
      power: [times, history.power_w],
      current: [[...times], ...history.currents_a],
      voltage: [[...times], ...history.voltages_v],
    };
    this.draw();
  }

  append(now, live) {
    this.taken = now;
    KINDS.forEach(({ name, of }, index) => {
      const [times, ...rows] = this.series[name];
      const values = of(live);
      times.push(new Date(now).getTime() / 1000);
      rows.forEach((row, phase) => row.push(values[phase] ?? null));
      if (times.length > KEPT) [times, ...rows].forEach((row) => row.shift());
      this.plots[index]?.setData(this.series[name]);
      this.label(index);
    });
  }

  draw() {
    if (!this.series) return;
    this.plots.forEach((plot) => plot.destroy());
    this.note.hidden = true;
    const boxes = KINDS.map(({ name }) => {
      const caption = h("figcaption", {}, h("h3", { say: `charts.${name}` }), h("p", { class: "newest" }));
      return h("figure", { class: "card block", role: "img" }, caption);
    });
    fill(this.board, boxes);
    this.boxes = boxes;
    this.plots = KINDS.map((kind, index) => new window.uPlot(this.options(kind), this.series[kind.name], boxes[index]));
    KINDS.forEach((_, index) => this.label(index));
  }

  /** What the drawing shows now, for those who do not see it. */
  label(index) {
    const { name, write } = KINDS[index];
    const newest = this.series[name].slice(1).map((row) => write(row[row.length - 1]));
    put(find(".newest", this.boxes[index]), newest.join(" / "));
    this.boxes[index].setAttribute("aria-label", `${say(`charts.${name}`)}: ${newest.join(", ")}`);
  }

  resize() {
    this.plots.forEach((plot) => plot.setSize({ width: this.width(), height: HEIGHT_PX }));
  }

  width() {
    const [box] = this.boxes ?? [];
    return Math.max(200, (box?.clientWidth ?? 300) - 32);
  }

  options({ name, write, scale, digits, least }) {
    const style = getComputedStyle(document.documentElement);
    const colour = (token) => style.getPropertyValue(token).trim();
    const lines = [colour("--accent"), colour("--act"), colour("--quiet")];
    const axis = {
      stroke: colour("--quiet"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
      font: "13px system-ui, sans-serif",
    };
    const moment = (_, seconds) => (seconds === null ? NONE : timeWithSeconds(seconds * 1000));
    const rows = this.series[name].slice(1);
    return {
      width: this.width(),
      height: HEIGHT_PX,
      cursor: { drag: { x: false, y: false } },
      legend: { live: true },
      tzDate: (seconds) => new Date(seconds * 1000),
      scales: { y: { range: (_, low, high) => range(name, low, high, least) } },
      axes: [
        { ...axis, values: (_, ticks, _axis, _space, step) => ticks.map((tick) => clock(tick, step)), space: 80 },
        { ...axis, size: 48, values: (_, ticks) => ticks.map((tick) => decimal(tick / scale, digits)) },
      ],
      series: [
        { label: say("charts.time"), value: moment },
        ...rows.map((_, phase) => ({
          label: rows.length > 1 ? PHASES[phase] : say(`charts.${name}.short`),
          stroke: lines[phase],
          width: 2,
          dash: DASHES[phase],
          points: { show: false },
          value: (_plot, value) => write(value),
        })),
      ],
    };
  }
}

/** Power and current begin at nothing; a voltage is looked at closely. */
function range(name, low, high, least) {
  if (name === "voltage") return [Math.min(low ?? 225, 225) - 2, Math.max(high ?? 235, 235) + 2];
  return [0, Math.max(high ?? 0, least) * 1.08];
}

/** Return a time of day as closely as the steps between ticks want it. */
function clock(seconds, step) {
  return step < 60 ? timeWithSeconds(seconds * 1000) : time(seconds * 1000);
}

/** Load what draws, the first time that something is drawn. */
function library() {
  if (window.uPlot) return Promise.resolve();
  const at = (path) => new URL(path, import.meta.url).href;
  document.head.append(h("link", { rel: "stylesheet", href: at(LIBRARY.style) }));
  return new Promise((resolve, reject) => {
    document.head.append(h("script", { src: at(LIBRARY.script), on: { load: resolve, error: reject } }));
  });
}
