/** Meters and the lines that they are on, with what happened there in numbers. */

import { fill, h } from "../dom.js";
import { factList } from "../lists.js";
import { count, decimal } from "../numbers.js";
import { say } from "../words.js";
import { Panel } from "./panel.js";

const LOOK_MS = 2_000;
/** Where a number above nothing is worth a look. */
const TROUBLES = new Set(["retries", "timeouts", "crc_errors", "wrong_answers", "refusals", "drained_bytes"]);

export class Lines extends Panel {
  open() {
    this.repeat(() => this.store.status && this.show(this.store.status), LOOK_MS);
    this.ends.push(this.store.watch("status", () => this.element.childElementCount || this.show(this.store.status)));
  }

  show({ meters, lines }) {
    if (this.isSelected()) return; // somebody is about to copy a key
    fill(
      this.element,
      h("div", { class: "grid" }, meters.map(meter)),
      h("h2", { say: "lines.title" }),
      h("div", { class: "grid" }, lines.map(line)),
    );
  }

  isSelected() {
    const selection = getSelection();
    return !selection.isCollapsed && this.element.contains(selection.anchorNode);
  }
}

function meter(one) {
  const { reading_age_s: seconds } = one;
  const age = typeof seconds === "number" ? `${decimal(seconds, 1)}\u00a0s` : say("meter.no_reading");
  return h(
    "section",
    { class: "card block" },
    h("h3", {}, `${say("receipt.meter")} ${one.serial || "–"}`),
    one.unfit ? h("p", { class: "headline bad", lang: "en" }, one.unfit) : null,
    one.warnings.map((text) => h("p", { class: "headline act", lang: "en" }, text)),
    factList([
      ["meter.outlet", String(one.evse_id)],
      ["meter.model", one.model],
      ["meter.firmware", [one.meter_firmware, one.communication_firmware].filter(Boolean).join(" / ")],
      ["meter.hash", one.firmware_hash && h("span", { class: "code" }, one.firmware_hash)],
      ["meter.line", `${one.line}, ${say("meter.unit", { unit: one.unit })}`],
      ["meter.age", one.known ? age : say("meter.unknown")],
      ["receipt.key", one.public_key && h("span", { class: "code key-text" }, one.public_key)],
    ]),
    counters(one.counters),
  );
}

function line(one) {
  return h(
    "section",
    { class: "card block" },
    h("h3", {}, one.name),
    factList([
      ["line.port", one.port],
      ["line.speed", one.port.startsWith("tcp:") ? "" : `${count(one.baud_rate)} Bd, ${one.parity}`],
    ]),
    counters(one.counters),
  );
}

function counters(numbers) {
  const row = ([name, value]) => {
    const tone = value && TROUBLES.has(name) ? "act" : "";
    return h("div", { class: tone }, h("dt", { say: `counter.${name}` }), h("dd", {}, count(value)));
  };
  return h("dl", { class: "counters" }, Object.entries(numbers).map(row));
}
