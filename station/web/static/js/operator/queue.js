/** Messages that wait for the CSMS, and those that were given up. */

import { get } from "../api.js";
import { fill, h } from "../dom.js";
import { count, dateAndTime } from "../numbers.js";
import { say } from "../words.js";
import { Panel } from "./panel.js";

const LOOK_MS = 5_000;

export class Queue extends Panel {
  open() {
    this.shown = "";
    this.repeat(() => this.look(), LOOK_MS);
  }

  async look() {
    const answer = await get("queue").catch(() => null);
    const text = JSON.stringify(answer);
    if (!answer || text === this.shown) return;
    this.shown = text;
    const { queued, dead } = answer;
    fill(this.element, part("queue.queued", "queue.empty", queued), part("queue.dead", "queue.no_dead", dead));
  }
}

function part(title, none, items) {
  const content = items.length ? h("ul", { class: "rows" }, items.map(row)) : h("p", { class: "quiet", say: none });
  return h("section", {}, h("h3", { say: title }), content);
}

function row({ kind, transaction_id: transaction, seq_no: seqNo, created_at: at, attempts, reason }) {
  const place = [transaction, seqNo === null || seqNo === undefined ? "" : `seqNo ${seqNo}`].filter(Boolean).join(", ");
  return h(
    "li",
    { class: "card block" },
    h("strong", {}, kind),
    h("p", { class: "quiet" }, `${dateAndTime(at)} · ${say("queue.attempts", { count: count(attempts) })}`),
    place ? h("p", { class: "code" }, place) : null,
    reason ? h("p", { class: "headline bad", lang: "en" }, reason) : null,
  );
}
