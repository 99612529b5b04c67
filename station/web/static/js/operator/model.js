/** The device model: look up, and set what can be set. */

import { get, send } from "../api.js";
import { fill, h, put } from "../dom.js";
import { count, NONE } from "../numbers.js";
import { say } from "../words.js";
import { confirmed, tell } from "./acts.js";
import { Panel } from "./panel.js";

const TYPING_MS = 250;
const WRITABLE = new Set(["ReadWrite", "WriteOnly"]);

export class Model extends Panel {
  constructor(store) {
    super(store);
    const typed = { input: () => this.later() };
    this.text = h("input", { type: "search", id: "model-text", autocomplete: "off", on: typed });
    this.writable = h("input", { type: "checkbox", on: { change: () => this.show() } });
    this.found = h("p", { class: "quiet", role: "status" });
    this.list = h("div", { class: "model" });
    this.element.append(
      h("form", { class: "filters card block", on: { submit: (event) => event.preventDefault() } },
        h("label", {}, h("span", { say: "model.text" }), this.text),
        h("label", { class: "check" }, this.writable, h("span", { say: "model.writable" }))),
      this.found,
      this.list,
    );
  }

  open() {
    this.load();
  }

  later() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.load(), TYPING_MS);
  }

  async load() {
    const text = this.text.value.trim();
    try {
      const { variables } = await get(`model?text=${encodeURIComponent(text)}`);
      if (text !== this.text.value.trim()) return;
      this.variables = variables;
      this.show();
    } catch (error) {
      put(this.found, error.message);
    }
  }

  show() {
    const rows = this.variables.filter((row) => !this.writable.checked || WRITABLE.has(row.mutability));
    const groups = new Map();
    for (const row of rows) groups.set(placeOf(row), [...(groups.get(placeOf(row)) ?? []), row]);
    put(this.found, say("model.found", { count: count(rows.length) }));
    fill(this.list, [...groups].map(([place, members]) =>
      h("section", { class: "card block" }, h("h3", {}, place), members.map((row) => this.row(row)))));
  }

  row(row) {
    const nothing = row.mutability === "WriteOnly" ? say("model.hidden") : NONE;
    const value = h("span", { class: "code" }, [row.value || nothing, row.unit].filter(Boolean).join(" "));
    const line = h("div", { class: "variable" }, h("span", { class: "variable-name" }, row.variable), value);
    if (WRITABLE.has(row.mutability)) {
      const label = `${say("model.edit")}: ${row.variable}`;
      const edit = () => line.replaceWith(this.form(row, line));
      line.append(h("button", { type: "button", "aria-label": label, on: { click: edit } }, say("model.edit")));
    }
    return line;
  }

  form(row, line) {
    const input = inputFor(row);
    const back = () => {
      form.replaceWith(line);
      line.querySelector("button").focus();
    };
    const form = h(
      "form",
      { class: "variable editing", on: { submit: (event) => this.set(event, row, input) } },
      h("label", {}, h("span", { class: "variable-name" }, row.variable), input),
      h(
        "p",
        { class: "buttons" },
        h("button", { class: "main", say: "model.set" }),
        h("button", { type: "button", say: "operator.cancel", on: { click: back } }),
      ),
    );
    setTimeout(() => input.focus());
    return form;
  }

  async set(event, row, input) {
    event.preventDefault();
    const body = { name: row.name, value: input.value };
    const write = (more) => send("PUT", "model", { ...body, ...more });
    let failure = await tell(() => write({}));
    const { needs_confirmation: doubted } = failure?.document ?? {};
    if (doubted && (await confirmed(say("model.anyway"), failure.message, { grave: true }))) {
      failure = await tell(() => write({ confirmed: true }));
    }
    if (!failure) this.load();
  }
}

function placeOf({ component, evse_id: evse, connector_id: connector }) {
  return [component, evse, connector].filter((part) => part !== null && part !== undefined).join("#");
}

function inputFor({ data_type: type, values, value, mutability }) {
  const choices = type === "boolean" ? ["true", "false"] : type === "OptionList" ? values : [];
  if (choices.length) {
    return h("select", {}, choices.map((each) => h("option", { value: each, selected: each === value }, each)));
  }
  const secret = mutability === "WriteOnly";
  return h("input", {
    type: secret ? "password" : "text",
    value,
    autocomplete: secret ? "new-password" : "off",
    inputmode: type === "integer" ? "numeric" : null,
  });
}
