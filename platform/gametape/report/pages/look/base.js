// What every page has: tables that sort by their heads, and fields that search rows.
const MOST_ROWS = 300;
const byId = (id) => document.getElementById(id);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const dataOf = (id) => JSON.parse(byId(id).textContent);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function tapeTime(seconds, digits = 1) {
  const tenths = Math.round(Math.max(0, seconds) * 10);
  const whole = Math.floor(tenths / 10);
  const pad = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const start = hours ? `${hours}:${pad(minutes)}` : `${minutes}`;
  return `${start}:${pad(whole % 60)}${digits ? `.${tenths % 10}` : ""}`;
}

function compareCells(one, other) {
  const a = one.dataset.value, b = other.dataset.value;
  if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
  const x = Number(a), y = Number(b);
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a.localeCompare(b, undefined, { numeric: true });
}

function sortBy(table, head) {
  const column = head.cellIndex;
  const was = head.getAttribute("aria-sort");
  const isNumber = head.classList.contains("number");
  const first = isNumber ? "descending" : "ascending";
  const order = !was ? first : was === "ascending" ? "descending" : "ascending";
  for (const other of all("th", table)) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const body = table.tBodies[0];
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...body.rows].sort((one, other) => {
    const a = one.cells[column], b = other.cells[column];
    // What is not known goes last, whichever way the rest goes.
    const isEmpty = a.dataset.value === undefined || b.dataset.value === undefined;
    return compareCells(a, b) * (isEmpty ? 1 : sign);
  });
  body.append(...rows);
  bound(table);
}

// Thousands of rows take a browser seconds to lay out: of those that are wanted the first are
// shown, and the rest when somebody asks for them.
function bound(table) {
  const rows = [...table.tBodies[0].rows];
  const more = table.parentElement.nextElementSibling;
  if (!more || !more.matches("p.more")) return;
  const isAll = more.dataset.all === "yes";
  let count = 0;
  for (const row of rows) {
    const isWanted = !row.hidden && !row.classList.contains("unsought");
    if (isWanted) count += 1;
    row.classList.toggle("beyond", !isAll && isWanted && count > MOST_ROWS);
  }
  more.hidden = isAll || count <= MOST_ROWS;
  more.firstChild.textContent = `The first ${MOST_ROWS} of ${count} rows are shown. `;
}

function addMore(table) {
  if (table.tBodies[0].rows.length <= MOST_ROWS) return;
  const button = element("button", { class: "plain", type: "button" }, "Show all");
  const more = element("p", { class: "more" }, document.createTextNode(""), button);
  table.parentElement.after(more);
  button.addEventListener("click", () => { more.dataset.all = "yes"; bound(table); });
  bound(table);
}

for (const table of all("table.sortable")) {
  addMore(table);
  for (const head of all("thead th", table)) {
    head.querySelector("button").addEventListener("click", () => sortBy(table, head));
  }
}
for (const field of all("input.filter")) {
  const rows = all("tbody tr", field.parentElement);
  const texts = rows.map((row) => row.textContent.toLowerCase());
  field.addEventListener("input", () => {
    const sought = field.value.trim().toLowerCase();
    rows.forEach((row, i) => { row.classList.toggle("unsought", !texts[i].includes(sought)); });
    bound(field.parentElement.querySelector("table"));
  });
}
