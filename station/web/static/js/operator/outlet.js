/** One outlet as an operator sees it. */

import { h, iconIn, put } from "../dom.js";
import { current, energy, power, voltage } from "../numbers.js";
import { looksOf } from "../states.js";
import { known, say } from "../words.js";
import { actButton } from "./acts.js";
import { Facts } from "./panel.js";
import { WhyPart } from "./why.js";

const FACTS = [
  "power", "current", "voltage", "energy", "cost", "offered", "pilot", "cable", "limit", "transaction", "owed", "faults",
];

export class OutletPart {
  constructor(evseId, { testAllowed }) {
    this.why = new WhyPart(evseId);
    this.icon = h("span", { class: "state-icon" });
    this.state = h("p", { class: "state-name" });
    this.name = h("p", { class: "quiet" });
    this.head = h("div", { class: "state" }, this.icon, h("div", {}, this.state, this.name));
    this.facts = new Facts(...FACTS.map((name) => `outlet.${name}`));
    const params = { number: evseId };
    const act = (key, more = {}) => actButton(key, { path: `outlets/${evseId}/${key}`, params, ...more });
    this.stop = act("stop", { grave: true });
    this.element = h(
      "section",
      { class: "card block", "aria-label": say("driver.outlet", { number: evseId }) },
      h("h3", {}, say("driver.outlet", { number: evseId })),
      this.head,
      this.why.element,
      this.facts.element,
      h("p", { class: "buttons" }, act("unlock"), this.stop, testAllowed ? act("test-session") : null,
        act("reset", { path: "reset", body: () => ({ evse_id: evseId }), grave: true })),
    );
    this.why.start();
  }

  close() {
    this.why.stop();
  }

  show(one) {
    const { outlet } = one;
    const { tone, icon } = looksOf(outlet.activity);
    this.head.className = `state ${tone}`;
    iconIn(this.icon, icon);
    const key = `activity.${outlet.activity}`;
    put(this.state, known(key) ? say(key) : outlet.activity);
    put(this.name, `${outlet.name} · ${outlet.status}`);
    this.stop.disabled = !one.transaction_id && !one.authorized;
    const live = outlet.live ?? {};
    this.facts.set({
      "outlet.power": power(live.power_w),
      "outlet.current": phases(live.currents_a, current),
      "outlet.voltage": phases(live.voltages_v, voltage),
      "outlet.energy": outlet.energy_wh === undefined ? "" : energy(outlet.energy_wh),
      "outlet.cost": outlet.cost_text,
      "outlet.offered": current(outlet.offered_a),
      "outlet.pilot": one.pilot && say(`pilot.${one.pilot}`),
      "outlet.cable": typeof one.cable_rating_a === "number" ? current(one.cable_rating_a) : "",
      "outlet.limit": typeof one.limit_a === "number" ? current(one.limit_a) : "",
      "outlet.transaction": one.transaction_id && `${one.transaction_id} (${one.charging_state})`,
      "outlet.owed": one.owed_transaction,
      "outlet.faults": one.faults.join(", "),
    });
  }
}

function phases(values, write) {
  return (values ?? []).map(write).join(" / ");
}
