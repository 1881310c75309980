// Small habits of every page: `/` to search, rows that open, copy buttons, sheets, forms that filter as one types.
document.addEventListener("alpine:init", () => {
  Alpine.data("copier", () => ({
    async copy() {
      await navigator.clipboard.writeText(this.$el.dataset.text);
      this.$el.classList.add("copied");
      setTimeout(() => this.$el.classList.remove("copied"), 1200);
    },
  }));
  Alpine.data("sheet", () => ({
    open() {
      this.$refs.dialog.showModal();
    },
    close() {
      this.$refs.dialog.close();
    },
  }));
  Alpine.data("folding", () => ({
    toggle() {
      this.$root.classList.toggle("open");
    },
  }));
  Alpine.data("printer", () => ({
    print() {
      window.print();
    },
  }));
});

const writing = (target) => target.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !writing(event.target)) {
    event.preventDefault();
    document.getElementById("seek")?.select();
  }
  if (event.key === "Escape" && event.target.id === "seek") event.target.blur();
  if ((event.key === "j" || event.key === "k") && !writing(event.target)) step(event.key === "j" ? 1 : -1);
});

// j and k walk over the rows of the page's list; Enter opens the link that has the focus.
function step(by) {
  const links = [...document.querySelectorAll("tr[data-href] a.row-link")];
  const at = links.indexOf(document.activeElement);
  links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-href]");
  if (!row || event.target.closest("a, button, input, select, label") || window.getSelection().toString()) return;
  if (event.ctrlKey || event.metaKey) window.open(row.dataset.href);
  else window.location = row.dataset.href;
});

// Routes are dragged to another place by their grip; the form then hears the new order, as it does from the arrows.
let dragged = null;
document.addEventListener("dragstart", (event) => {
  const grip = event.target.closest?.(".grip");
  if (!grip) return;
  dragged = grip.closest("[data-at]");
  dragged.classList.add("dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.at);
});
document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest("[data-sorts] > [data-at]");
  if (!over) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  over.parentElement.insertBefore(dragged, event.clientY < box.top + box.height / 2 ? over : over.nextSibling);
});
document.addEventListener("dragend", () => {
  if (!dragged) return;
  const list = dragged.parentElement;
  dragged.classList.remove("dragged");
  dragged = null;
  const form = list.closest("form");
  form.elements.order.value = [...list.children].map((row) => row.dataset.at).join(",");
  form.requestSubmit(document.getElementById("sorted"));
});
