/** What stands on a receipt: all of it from signed records, and what is to be thought of them. */

import { address } from "../api.js";
import { h } from "../dom.js";
import { factList } from "../lists.js";
import { count, duration, exactly, NONE, signedEnergy } from "../numbers.js";
import { allChecks, laws, seal } from "../verdict.js";
import { say } from "../words.js";

/** Return the parts of the paper. */
export function paper(receipt, station) {
  return [
    h("header", { class: "paper-head" }, h("h1", { say: "receipt.page" }), energy(receipt), seal(receipt.verdict)),
    section("receipt.session", facts(receipt, station)),
    receipt.records.length ? evidence(receipt) : null,
    h("footer", { class: "paper-foot" }, code(receipt), printButton()),
  ];
}

function evidence(receipt) {
  const { verdict, records } = receipt;
  return [
    section("receipt.readings", readings(receipt), meter(receipt)),
    section(
      "receipt.check",
      h("p", { say: "receipt.check.about" }),
      laws(verdict),
      details("receipt.check.all", allChecks(verdict)),
    ),
    section("receipt.yourself", yourself(receipt)),
    details("receipt.records", records.map(raw)),
  ];
}

function section(key, ...content) {
  return h("section", {}, h("h2", { say: key }), content);
}

function details(key, content) {
  return h("details", {}, h("summary", { say: key }), content);
}

function energy(receipt) {
  if (receipt.energy === "signed") return h("p", { class: "total" }, signedEnergy(receipt.energy_wh));
  return h("p", { class: "total-words" }, say(`receipt.energy.${receipt.energy}`));
}

function facts(receipt, station) {
  const seconds = receipt.ended_at ? (new Date(receipt.ended_at) - new Date(receipt.started_at)) / 1000 : null;
  return factList([
    ["receipt.place", [station.vendor_name, station.model].filter(Boolean).join(" ")],
    ["receipt.outlet", receipt.evse_name || say("driver.outlet", { number: receipt.evse_id })],
    ["receipt.begin", exactly(receipt.started_at)],
    ["receipt.end", receipt.ended_at ? exactly(receipt.ended_at) : say("receipt.runs")],
    ["receipt.duration", seconds === null ? "" : duration(seconds)],
    ["receipt.number", receipt.transaction_id],
  ]);
}

function readings({ begin, end }) {
  const heads = ["receipt.begin", "receipt.end"].map((key) => h("th", { role: "columnheader", scope: "col", say: key }));
  const row = (key, value) =>
    h("tr", { role: "row" }, h("th", { role: "rowheader", scope: "row", say: key }),
      [begin, end].map((record) => h("td", { role: "cell" }, record ? value(record) : NONE)));
  return h(
    "table",
    { role: "table" }, // said, because narrow screens lay it out as no table
    h("thead", {}, h("tr", { role: "row" }, h("td"), heads)),
    h(
      "tbody",
      {},
      row("receipt.taken", (record) => exactly(record.taken_at)),
      row("receipt.register", (record) => signedEnergy(record.energy_wh)),
      row("receipt.session_register", (record) => signedEnergy(record.session_energy_wh)),
      row("receipt.counter", (record) => count(record.pagination)),
    ),
  );
}

function meter(receipt) {
  const key = receipt.public_key;
  const serials = [...new Set(receipt.records.map((record) => record.meter_serial))].join(", ");
  return factList([
    ["receipt.meter", serials],
    ["receipt.key", key ? h("span", { class: "code key-text" }, key) : say("receipt.key.several")],
  ]);
}

function yourself(receipt) {
  const file = (end) => address(`receipts/public/${encodeURIComponent(receipt.transaction_id)}${end}`);
  return [
    h("ol", { class: "steps" }, ["1", "2", "3"].map((step) => h("li", { say: `receipt.yourself.${step}` }))),
    h(
      "p",
      { class: "buttons screen-only" },
      h("a", { class: "button", href: file(".xml"), download: true, say: "receipt.xml" }),
      h("a", { class: "button", href: file(".json"), download: true, say: "receipt.chargy" }),
    ),
  ];
}

function raw(record) {
  return h(
    "figure",
    {},
    h("figcaption", {}, `${say(`receipt.kind.${record.kind}`)}, SHA-256 `, h("span", { class: "code" }, record.sha256)),
    h("pre", { tabindex: "0" }, record.ocmf),
  );
}

function code(receipt) {
  const source = address(`receipts/public/${encodeURIComponent(receipt.transaction_id)}/qr.svg`);
  const alt = say("driver.receipt.picture");
  return h("div", { class: "qr" }, h("img", { src: source, width: "128", height: "128", alt }));
}

function printButton() {
  const act = () => window.print();
  return h("button", { type: "button", class: "screen-only", say: "receipt.print", on: { click: act } });
}
