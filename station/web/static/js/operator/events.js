/** The log of the station. */

import { h, icon } from "../dom.js";
import { dateAndTime, timeWithSeconds } from "../numbers.js";
import { LogPanel } from "./log.js";

const LEVELS = ["debug", "info", "warning", "error", "critical"];
const LOOKS = {
  debug: ["off", "dot"],
  info: ["off", "info"],
  warning: ["act", "warning"],
  error: ["bad", "cross"],
  critical: ["bad", "cross"],
};

export class Events extends LogPanel {
  constructor(store) {
    super(store, "events");
    this.level = this.choice("level", ["", "info", "warning", "error"]);
  }

  filters() {
    return [["log.level", this.level]];
  }

  fits(item) {
    const high = LEVELS.indexOf(item.level) >= LEVELS.indexOf(this.level.value);
    return high && this.holds(item.event, written(item.fields));
  }

  row({ at, level, event, fields }) {
    const [tone, shape] = LOOKS[level] ?? LOOKS.info;
    return h(
      "li",
      { class: tone },
      h("time", { datetime: at, title: dateAndTime(at) }, timeWithSeconds(at)),
      h("span", { class: "badge" }, icon(shape), h("span", { class: "unseen" }, level)),
      h("div", {}, h("strong", {}, event), " ", h("span", { class: "code" }, written(fields))),
    );
  }
}

function written(fields) {
  const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  return Object.entries(fields).map(([key, value]) => `${key}=${text(value)}`).join("  ");
}
