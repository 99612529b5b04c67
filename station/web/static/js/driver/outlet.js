/** One outlet as a card: its state in words and shape, what is measured, and what to do next. */

import { h, icon, iconIn, put } from "../dom.js";
import { duration, energy, NONE, power, time } from "../numbers.js";
import { LOST, looksOf } from "../states.js";
import { known, language, say } from "../words.js";
import { KeyOfMeter } from "./key.js";
import { PageOnPhone } from "./phone.js";
import { LastReceipt } from "./receipt.js";

const NEWS_MS = 60_000;
const WORKING = new Set(["preparing", "finishing", "starting"]);
/** What charging waits for in the usual course of things: the state's own words say what to do. */
const USUAL = new Set([
  "process_starting", "plug_in", "plug_in_accepted", "plug_held", "card_awaited", "card_checked",
  "preparing", "session_ending", "session_over", "vehicle_connected", "vehicle_asked",
]);
/** Notices that say more than the state does. */
const OWN_WORDS = new Set(["checking", "accepted", "choose", "refused", "personal"]);

export class OutletCard {
  constructor(evseId, { now, kiosk }) {
    this.evseId = evseId;
    this.now = now;
    this.outlet = null;
    this.lostSince = null;
    this.receipt = new LastReceipt({ kiosk });
    this.phone = kiosk ? new PageOnPhone(evseId) : null;
    this.key = new KeyOfMeter(evseId);
    this.build();
  }

  /** Show what the station says now. */
  show(outlet) {
    this.outlet = outlet;
    this.lostSince = null;
    this.refresh();
  }

  /** The station says nothing any more: what was known is old, and is not shown as new. */
  lose(since) {
    this.lostSince ??= since;
    this.refresh();
  }

  /** A second has passed. */
  tick() {
    if (this.outlet === null || this.lostSince !== null) return;
    put(this.time, this.elapsed());
    if (this.noticeEnds && this.now() > this.noticeEnds) this.showNotice();
  }

  /** Return what a screen reader says about it. */
  sentence() {
    const parts = [this.title(), this.stateName, this.next, this.whyText, this.note, this.noteText];
    return parts.map((part) => part.textContent ?? part).filter(Boolean).join(". ");
  }

  refresh() {
    if (this.outlet === null) return;
    const { activity } = this.outlet;
    const lost = this.lostSince !== null;
    const { tone, icon: shape } = lost ? LOST : looksOf(activity);
    this.element.className = `outlet card ${tone} ${lost ? "is-lost" : activity}`;
    this.element.dataset.activity = lost ? "" : activity;
    iconIn(this.stateIcon, shape);
    put(this.stateName, lost ? say("driver.no_data") : nameOf(activity));
    this.working.hidden = lost || !WORKING.has(activity);
    put(this.heading, this.title());
    put(this.about, this.description());
    this.showNotice();
    this.showNext();
    this.showValues();
    this.receipt.show(lost ? "" : this.outlet.last_receipt);
    this.phone?.show(!lost && this.receipt.element.hidden);
    this.key.show(this.outlet);
  }

  title() {
    return say("driver.outlet", { number: this.evseId });
  }

  description() {
    const { name, connector, max_current_a: amperes, phases } = this.outlet;
    const socket = say(known(`connector.${connector}`) ? `connector.${connector}` : "connector.other");
    const watts = amperes * 230 * phases;
    return [name, socket, say("driver.up_to", { power: power(watts) })].filter(Boolean).join(" · ");
  }

  /** Show what to do next, or what is in the way. */
  showNext() {
    const { activity, why_code: code } = this.outlet;
    const lost = this.lostSince !== null;
    const inTheWay = Boolean(!lost && code && !USUAL.has(code) && known(`why.${code}.driver`));
    this.why.hidden = !inTheWay;
    this.next.hidden = inTheWay;
    put(this.whyText, inTheWay ? say(`why.${code}.driver`) : "");
    put(this.next, inTheWay ? "" : lost ? this.lastKnown() : textOf(`activity.${activity}.next`));
  }

  lastKnown() {
    return say("driver.last_known", { time: time(this.lostSince), state: nameOf(this.outlet.activity) });
  }

  showNotice() {
    const { notice } = this.outlet;
    const ends = notice ? new Date(notice.at).getTime() + NEWS_MS : 0;
    const news = this.lostSince === null && notice && OWN_WORDS.has(notice.notice) && this.now() < ends;
    this.noticeEnds = news ? ends : null;
    this.notice.hidden = !news;
    if (!news) {
      [this.note, this.noteText].forEach((element) => put(element, ""));
      return;
    }
    iconIn(this.noticeIcon, notice.notice === "refused" ? "cross" : "info");
    this.notice.className = `notice ${notice.notice === "refused" ? "bad" : "busy"}`;
    put(this.note, say(`notice.${notice.notice}`));
    // What the station says of itself is English, and more than the notice only to those who read that.
    const spoken = notice.language || "en";
    const readable = notice.notice === "personal" || spoken.startsWith(language());
    put(this.noteText, readable ? (notice.text ?? "") : "");
    this.noteText.lang = spoken;
  }

  showValues() {
    const { live = {}, energy_wh: wattHours, started_at: begun, cost_text: cost } = this.outlet;
    this.values.hidden = this.lostSince !== null || !(begun || cost);
    this.costs.hidden = !cost;
    put(this.power, power(live.power_w));
    put(this.energy, energy(wattHours));
    put(this.time, this.elapsed());
    put(this.cost, cost ?? "");
  }

  elapsed() {
    const { started_at: begun } = this.outlet;
    return begun ? duration((this.now() - new Date(begun).getTime()) / 1000) : NONE;
  }

  build() {
    const headingId = `outlet-${this.evseId}`;
    this.heading = h("h2", { id: headingId });
    this.about = h("p");
    this.stateIcon = h("span", { class: "state-icon" });
    this.stateName = h("p", { class: "state-name" });
    this.working = h("div", { class: "working", hidden: true });
    this.next = h("p", { class: "next" });
    this.noticeIcon = h("span");
    [this.note, this.noteText] = [h("span"), h("span")];
    const words = h("span", {}, this.note, " ", this.noteText);
    this.notice = h("p", { class: "notice", hidden: true }, this.noticeIcon, words);
    this.whyText = h("span");
    this.why = h("p", { class: "why", hidden: true }, icon("info"), this.whyText);
    [this.power, this.energy, this.time, this.cost] = [h("dd"), h("dd"), h("dd"), h("dd", { class: "cost" })];
    this.element = h(
      "article",
      { class: "outlet card", "aria-labelledby": headingId },
      h("div", { class: "outlet-head" }, this.heading, this.about),
      h("div", { class: "state" }, this.stateIcon, this.stateName),
      this.working,
      h("div", { class: "body" }, this.next, this.notice, this.why, this.buildValues(), this.receipt.element,
        this.phone?.element, this.key.element),
    );
  }

  buildValues() {
    const value = (key, node) => h("div", {}, h("dt", { say: key }), node);
    this.costs = value("driver.cost", this.cost);
    this.values = h(
      "dl",
      { class: "values" },
      value("driver.power", this.power),
      value("driver.energy", this.energy),
      value("driver.time", this.time),
      this.costs,
    );
    return this.values;
  }
}

function nameOf(activity) {
  return textOf(`activity.${activity}`) || activity;
}

function textOf(key) {
  return known(key) ? say(key) : "";
}
