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
