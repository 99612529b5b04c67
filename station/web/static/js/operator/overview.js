/** The station at a glance: its outlets, why they do not charge, and what can be done. */

import { fill, h, icon, put } from "../dom.js";
import { count, days, decimal } from "../numbers.js";
import { say } from "../words.js";
import { actButton } from "./acts.js";
import { OutletPart } from "./outlet.js";
import { Facts, Panel } from "./panel.js";

const LINKS = { online: ["go", "check"], connected: ["act", "hourglass"], away: ["bad", "lost"] };

export class Overview extends Panel {
  constructor(store) {
    super(store);
    this.outlets = new Map();
    this.grid = h("div", { class: "grid" });
    this.csms = h("p", { class: "badge" });
    this.failure = h("p", { class: "remark", lang: "en" });
    this.facts = new Facts(
      "overview.csms_url",
      "overview.profile",
      "overview.queued",
      "overview.dead",
      "overview.clock",
      "overview.up",
      "overview.version",
      "overview.memory",
    );
    this.crashes = h("section", { class: "card block", hidden: true }, h("h3", { say: "overview.crashes" }));
    this.element.append(
      this.crashes,
      this.grid,
      h(
        "section",
        { class: "card block" },
        h("h3", { say: "overview.station" }),
        this.csms,
        this.failure,
        this.facts.element,
        h("p", { class: "buttons" }, actButton("reset_station", { path: "reset", grave: true })),
      ),
    );
  }

  open() {
    this.watch("status", () => this.store.status && this.show(this.store.status));
  }

  close() {
    super.close();
    for (const part of this.outlets.values()) part.close();
  }

  show(status) {
    for (const one of status.outlets) {
      const id = one.outlet.evse_id;
      if (!this.outlets.has(id)) {
        const part = new OutletPart(id, { testAllowed: status.card_test_allowed });
        this.outlets.set(id, part);
        this.grid.append(part.element);
      }
      this.outlets.get(id).show(one);
    }
    this.showCrashes(Object.entries(status.crashes ?? {}));
    this.showStation(status);
  }

  showCrashes(crashes) {
    this.crashes.hidden = !crashes.length;
    const [title] = this.crashes.children;
    const told = ([part, text]) => h("p", { class: "headline bad", lang: "en" }, `${part}: ${text}`);
    fill(this.crashes, title, crashes.map(told));
  }

  showStation({ csms, clock_trusted: clock, now, started_at: begun, version, memory_mib: memory }) {
    const state = csms.online ? "online" : csms.connected ? "connected" : "away";
    const [tone, shape] = LINKS[state];
    this.csms.className = `badge ${tone}`;
    const text = say(`csms.${state}`) + (csms.registration && !csms.online ? ` (${csms.registration})` : "");
    if (this.csms.textContent !== text) fill(this.csms, icon(shape), h("span", {}, text));
    put(this.failure, csms.online ? "" : csms.last_failure);
    this.facts.set({
      "overview.csms_url": csms.url,
      "overview.profile": say("overview.profile.value", { slot: csms.slot, profile: csms.security_profile }),
      "overview.queued": count(csms.queued),
      "overview.dead": csms.dead_letters ? count(csms.dead_letters) : "",
      "overview.clock": say(clock ? "overview.clock.right" : "overview.clock.unsure"),
      "overview.up": days((new Date(now) - new Date(begun)) / 1000),
      "overview.version": version,
      "overview.memory": memory === undefined || memory === null ? "" : `${decimal(memory, 0)} MiB`,
    });
  }
}
