/** A list of what happened, newest first, that can be filtered and held. */

import { fill, h, put } from "../dom.js";
import { say } from "../words.js";
import { Panel } from "./panel.js";

const SHOWN = 200;

/** Subclasses say which `kind` of items it is about, which `filters` there are, what `fits`, and make a `row`. */
export class LogPanel extends Panel {
  constructor(store, kind) {
    super(store);
    this.kind = kind;
    this.shownTo = 0;
    this.follow = h("input", { type: "checkbox", id: "follow", checked: true, on: { change: () => this.news() } });
    this.text = h("input", { type: "search", id: "text", autocomplete: "off", on: { input: () => this.again() } });
    this.found = h("p", { class: "quiet", role: "status" });
    this.list = h("ol", { class: "log" });
  }

  open() {
    this.element.append(
      h("form", { class: "filters card block", on: { submit: (event) => event.preventDefault() } },
        this.filters().map(([key, input]) => h("label", {}, h("span", { say: key }), input)),
        h("label", {}, h("span", { say: "log.text" }), this.text),
        h("label", { class: "check" }, this.follow, h("span", { say: "log.follow" }))),
      this.found,
      this.list,
    );
    this.watch(this.kind, () => this.news());
  }

  /** Return a choice among values; the texts of its options are `<prefix>.<value>`. */
  choice(prefix, values) {
    const options = values.map((value) => h("option", { value, say: `${prefix}.${value || "all"}` }));
    return h("select", { on: { change: () => this.again() } }, options);
  }

  news() {
    if (!this.follow.checked) return;
    const items = this.store[this.kind];
    const newest = items.length ? items[items.length - 1].number : 0;
    // Numbers begin anew with the station.
    if (newest < this.shownTo) return this.again();
    const fresh = items.filter((item) => item.number > this.shownTo && this.fits(item));
    this.shownTo = newest;
    if (!fresh.length && this.list.childElementCount) return;
    this.list.prepend(...fresh.reverse().map((item) => this.row(item)));
    while (this.list.childElementCount > SHOWN) this.list.lastElementChild.remove();
    this.count();
  }

  again() {
    const items = this.store[this.kind];
    this.shownTo = items.length ? items[items.length - 1].number : 0;
    fill(this.list, items.filter((item) => this.fits(item)).slice(-SHOWN).reverse().map((item) => this.row(item)));
    this.count();
  }

  count() {
    put(this.found, this.list.childElementCount ? "" : say("log.none"));
  }

  holds(...texts) {
    const wanted = this.text.value.trim().toLowerCase();
    return !wanted || texts.some((text) => text.toLowerCase().includes(wanted));
  }
}
