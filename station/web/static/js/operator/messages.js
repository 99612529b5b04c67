/** OCPP messages, each with what it answers. */

import { h, icon } from "../dom.js";
import { dateAndTime, NONE, timeWithSeconds } from "../numbers.js";
import { LogPanel } from "./log.js";

const KINDS = { 2: "call", 3: "result", 4: "error" };
const ARROWS = { sent: "up", received: "down" };
const HEAD = /^\s*\[\s*(\d)\s*,\s*"([^"]*)"(?:\s*,\s*"([^"]*)")?/;
const KEPT_CALLS = 1000;

export class Messages extends LogPanel {
  constructor(store) {
    super(store, "messages");
    this.asked = new Map();
    this.direction = this.choice("direction", ["", "sent", "received"]);
    this.action = h("input", { type: "search", autocomplete: "off", on: { input: () => this.again() } });
  }

  filters() {
    return [["messages.direction", this.direction], ["messages.action", this.action]];
  }

  fits(item) {
    const { action } = this.read(item);
    const wanted = this.direction.value;
    return (!wanted || (wanted === "sent") === item.sent)
      && action.toLowerCase().includes(this.action.value.trim().toLowerCase())
      && this.holds(item.text);
  }

  row(item) {
    const { kind, action, body } = this.read(item);
    const direction = item.sent ? "sent" : "received";
    return h(
      "li",
      { class: kind === "error" ? "bad" : item.sent ? "busy" : "off" },
      h("time", { datetime: item.at, title: dateAndTime(item.at) }, timeWithSeconds(item.at)),
      h("span", { class: "badge" }, icon(ARROWS[direction]), h("span", { class: "unseen", say: `direction.${direction}` })),
      h(
        "details",
        {},
        h("summary", {}, h("strong", {}, action), " ", h("span", { class: "quiet", say: `messages.${kind}` })),
        h("pre", { tabindex: "0" }, body),
      ),
    );
  }

  /** Return what a message is; one that was cut or masked may be no JSON any more, and is shown as it is. */
  read({ text }) {
    const [, type, id, word] = HEAD.exec(text) ?? [];
    const kind = KINDS[type] ?? "other";
    if (kind === "call") this.remember(id, word);
    const action = kind === "call" ? word : (this.asked.get(id) ?? NONE);
    return { kind, action, body: pretty(text) };
  }

  remember(id, action) {
    this.asked.set(id, action);
    if (this.asked.size > KEPT_CALLS) this.asked.delete(this.asked.keys().next().value);
  }
}

function pretty(text) {
  try {
    const frame = JSON.parse(text);
    return JSON.stringify(frame[frame.length - 1], null, 2);
  } catch {
    return text;
  }
}
