/** The receipts: look, verify, save. */

import { address, get, page } from "../api.js";
import { fill, h, icon, put } from "../dom.js";
import { dateAndTime, signedEnergy } from "../numbers.js";
import { allChecks, laws, seal } from "../verdict.js";
import { say } from "../words.js";
import { mark, Panel } from "./panel.js";

const AT_ONCE = 25;

export class Receipts extends Panel {
  constructor(store) {
    super(store);
    this.list = h("ul", { class: "rows" });
    this.problem = h("p", { class: "headline bad", lang: "en", role: "alert" });
    this.more = h("button", { type: "button", say: "receipts.more", hidden: true, on: { click: () => this.load() } });
    this.element.append(
      h("p", { class: "buttons" },
        h("a", { class: "button", href: address("receipts.csv"), download: true, say: "receipts.csv" }),
        h("button", { type: "button", say: "receipts.again", on: { click: () => this.anew() } })),
      this.problem,
      this.list,
      this.more,
    );
  }

  open() {
    this.anew();
  }

  anew() {
    this.before = null;
    fill(this.list);
    return this.load();
  }

  async load() {
    const before = this.before ? `&before=${this.before}` : "";
    put(this.problem, "");
    try {
      const { receipts } = await get(`receipts?limit=${AT_ONCE}${before}`);
      this.list.append(...receipts.map(row));
      this.more.hidden = receipts.length < AT_ONCE;
      this.before = receipts.length ? receipts[receipts.length - 1].number : this.before;
      if (!this.list.childElementCount) this.list.append(h("li", { class: "quiet", say: "receipts.none" }));
    } catch (error) {
      put(this.problem, error.message);
    }
  }
}

function row(one) {
  const verdict = h("div", { class: "verdict", role: "status" });
  const number = say("receipts.number", { number: one.number });
  const outlet = say("driver.outlet", { number: one.evse_id });
  const who = one.card_name || one.id_token;
  const ended = one.ended_at ? dateAndTime(one.ended_at) : say("receipt.runs");
  return h(
    "li",
    { class: "card block", "data-number": one.number },
    h("div", { class: "row-head" }, h("strong", { class: "row-energy" }, energyOf(one)), delivery(one)),
    h("p", {}, [number, outlet, who].filter(Boolean).join(" · ")),
    h("p", { class: "quiet" }, `${dateAndTime(one.started_at)} – ${ended}`),
    one.signed === "none" ? null : buttons(one, verdict),
    verdict,
  );
}

function energyOf(one) {
  return one.energy === "signed" ? signedEnergy(one.energy_wh) : say(`receipt.energy.${one.energy}`);
}

function delivery({ ended_at: ended, delivered }) {
  if (!ended) return null;
  if (delivered) return mark("go", icon("check"), say("receipts.delivered"));
  return mark("act", icon("hourglass"), say("receipts.waits"));
}

function buttons({ number, transaction_id: id }, verdict) {
  const act = () => showVerdict(number, verdict, verify);
  const verify = h("button", { class: "main", say: "receipts.verify", "aria-expanded": "false", on: { click: act } });
  const source = (end) => address(`receipts/${number}${end}`);
  const file = (end, key) => h("a", { class: "button", href: source(end), download: true, say: key });
  return h(
    "p",
    { class: "buttons" },
    verify,
    file(".xml", "receipts.xml"),
    file(".chargy.json", "receipts.chargy"),
    h("a", { class: "button", href: page(`receipt/${encodeURIComponent(id)}`), say: "receipts.page" }),
  );
}

async function showVerdict(number, place, button) {
  if (place.childElementCount) {
    fill(place);
    button.setAttribute("aria-expanded", "false");
    return;
  }
  try {
    const verdict = await get(`receipts/${number}/verdict`);
    fill(place, seal(verdict), laws(verdict), allChecks(verdict));
    button.setAttribute("aria-expanded", "true");
  } catch (error) {
    fill(place, h("p", { class: "headline bad", lang: "en" }, error.message));
  }
}
