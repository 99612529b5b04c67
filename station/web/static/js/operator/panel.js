/** What all panels have: they watch the store while they are open. */

import { h, put } from "../dom.js";

export class Panel {
  constructor(store) {
    this.store = store;
    this.ends = [];
    this.closed = false;
    this.element = h("div", { class: "panel" });
  }

  /** Begin to be shown. */
  open() {}

  /** No longer shown; whatever it watches or repeats ends. */
  close() {
    this.closed = true;
    this.ends.forEach((end) => end());
    this.ends = [];
  }

  /** Call `act` now and on each news of that kind. */
  watch(kind, act) {
    this.ends.push(this.store.watch(kind, act));
    act();
  }

  /** Call `act` now and every so often. */
  repeat(act, pause) {
    const timer = setInterval(act, pause);
    this.ends.push(() => clearInterval(timer));
    act();
  }
}

/** Names and values, of which those that are empty are not shown. */
export class Facts {
  constructor(...keys) {
    this.values = new Map(keys.map((key) => [key, h("dd")]));
    this.rows = new Map(keys.map((key) => [key, h("div", {}, h("dt", { say: key }), this.values.get(key))]));
    this.element = h("dl", { class: "facts" }, [...this.rows.values()]);
  }

  /** Set values by key. */
  set(values) {
    for (const [key, value] of Object.entries(values)) {
      this.rows.get(key).hidden = !value;
      put(this.values.get(key), value ?? "");
    }
  }
}

/** Return an element that says how something went; `tone` is one of those of base.css. */
export function mark(tone, shape, text) {
  return h("span", { class: `badge ${tone}` }, shape, h("span", {}, text));
}

/** Return a text in which `code` stands between backticks. */
export function withCode(text) {
  return text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
}
