// Draws the bar charts of a page from the JSON beside them, in the colours of the day or the night.
(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function options(data, width) {
    const soft = colour("--cd-ink-3");
    const accent = colour("--cd-accent");
    const axis = { stroke: soft, font: "11px Inter, sans-serif", ticks: { show: false } };
    const bar = uPlot.paths.bars({ size: [0.68, 34], radius: 0.18 });
    const faint = data.marked < 0 ? accent : colour("--cd-bar");
    const step = Math.ceil(data.names.length / Math.max(3, Math.floor(width / 64)));
    const marked = data.names.map((_, at) => at === data.marked);
    return {
      width,
      height: 190,
      padding: [10, 16, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: { x: { time: false, range: [-0.6, data.names.length - 0.4] }, y: { range: (u, low, high) => [0, Math.max(high * 1.12, 4)] } },
      axes: [
        { ...axis, grid: { show: false }, gap: 4, size: 26, splits: () => data.names.map((_, at) => at).filter((at) => (data.names.length - 1 - at) % step === 0), values: (u, ticks) => ticks.map((at) => data.names[at]) },
        { ...axis, size: 40, gap: 4, grid: { stroke: colour("--cd-line"), width: 1 }, values: (u, ticks) => ticks.map((n) => (Number.isInteger(n) ? n.toLocaleString() : "")) },
      ],
      series: [{}, { fill: faint, width: 0, paths: bar, points: { show: false } }, { fill: accent, width: 0, paths: bar, points: { show: false } }],
      data: [data.names.map((_, at) => at), data.orders.map((n, at) => (marked[at] ? null : n)), data.orders.map((n, at) => (marked[at] ? n : null))],
    };
  }

  function tip(holder, data) {
    const box = document.createElement("div");
    box.className = "plot-tip";
    box.hidden = true;
    holder.append(box);
    return (plot) => {
      const at = plot.cursor.idx;
      box.hidden = at == null;
      if (at == null) return;
      box.textContent = `${data.names[at]}: ${data.orders[at].toLocaleString()} orders, ${data.units[at].toLocaleString()} units`;
      const left = plot.valToPos(at, "x") + plot.over.offsetLeft;
      box.style.left = `${Math.min(Math.max(left - box.offsetWidth / 2, 0), holder.clientWidth - box.offsetWidth)}px`;
    };
  }

  function draw(holder) {
    const data = JSON.parse(document.getElementById(holder.dataset.plot).textContent);
    let plot;
    const render = () => {
      plot?.destroy();
      holder.replaceChildren();
      const show = tip(holder, data);
      const { data: series, ...rest } = options(data, holder.clientWidth);
      plot = new uPlot({ ...rest, hooks: { setCursor: [show] } }, series, holder);
      if (data.links) plot.over.addEventListener("click", () => plot.cursor.idx != null && (window.location = data.links[plot.cursor.idx]));
      holder.dataset.drawn = "yes";
    };
    render();
    let width = holder.clientWidth;
    new ResizeObserver(() => {
      if (holder.clientWidth !== width) {
        width = holder.clientWidth;
        render();
      }
    }).observe(holder);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(render));
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-plot]").forEach(draw));
})();
