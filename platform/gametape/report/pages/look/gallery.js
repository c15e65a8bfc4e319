// The gallery of errors: which kind and tape are shown, and in which order.
{
  const buttons = all("button[data-kind]");
  const search = byId("tape"), order = byId("order");
  const groups = all("section.group");
  let kind = "";

  function choose() {
    const sought = search.value.trim().toLowerCase();
    let count = 0;
    for (const group of groups) {
      const isSought = group.dataset.tape.includes(sought);
      let inGroup = 0;
      for (const item of all("li", group)) {
        item.hidden = Boolean(kind) && item.dataset.kind !== kind;
        if (!item.hidden) inGroup += 1;
      }
      group.hidden = !isSought || !inGroup;
      if (!group.hidden) count += inGroup;
    }
    byId("shown").textContent = `${count} shown`;
  }

  function sort() {
    const key = order.value;
    const sign = key === "start" ? 1 : -1;
    for (const list of all("section.group ul")) {
      const items = [...list.children];
      items.sort((a, b) => sign * (Number(a.dataset[key]) - Number(b.dataset[key])));
      list.append(...items);
    }
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      kind = button.dataset.kind;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      choose();
    });
  }
  if (search) {
    search.addEventListener("input", choose);
    order.addEventListener("change", sort);
    choose();
  }
}
