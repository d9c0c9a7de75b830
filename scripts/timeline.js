// Draws the picture: D.rows (name, lanes of spans), D.arrows, D.counters, from D.begin to D.end in microseconds.
'use strict';
const NS = 'http://www.w3.org/2000/svg', LEFT = 190, LANE = 18, TOP = 26;
const COLOURS = { task: '#4878cf', callback: '#2c9c5a', submit: '#c9a227', wait: '#d9d9d9', listener: '#b565a7', connection: '#7f8fa6',
  command: '#8c564b' };
const svg = document.getElementById('picture'), tip = document.getElementById('tip');
let from = D.begin, to = D.end;

function make(parent, name, attributes, text) {
  const element = document.createElementNS(NS, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  parent.appendChild(element);
  return element;
}

function duration(us) {
  if (us < 1000) return us.toFixed(us < 10 ? 1 : 0) + ' µs';
  return us < 1e6 ? (us / 1000).toFixed(us < 1e4 ? 2 : 1) + ' ms' : (us / 1e6).toFixed(2) + ' s';
}

function draw() {
  const width = Math.max(svg.parentNode.clientWidth, 500), scale = (width - LEFT - 10) / (to - from);
  const x = time => LEFT + (time - from) * scale;
  let y = TOP;
  const tops = D.rows.map(row => { const top = y; y += row.lanes * LANE + 8; return top; });
  const counters = y;
  const height = y + (D.counters.length ? 60 : 0) + 6;
  svg.replaceChildren();
  svg.setAttribute('width', width);
  svg.setAttribute('height', height);
  const defs = make(svg, 'defs', {}), clip = make(defs, 'clipPath', { id: 'inside' });
  make(clip, 'rect', { x: LEFT, y: 0, width: width - LEFT - 10, height });
  const marker = make(defs, 'marker', { id: 'head', markerWidth: 6, markerHeight: 6, refX: 5, refY: 3, orient: 'auto' });
  make(marker, 'path', { d: 'M0,0 L6,3 L0,6 z', fill: '#c0392b' });
  // Times, at round steps.
  let step = Math.pow(10, Math.floor(Math.log10((to - from) / 5)));
  for (const factor of [1, 2, 5, 10]) if ((to - from) / (step * factor) <= 9) { step *= factor; break; }
  for (let time = Math.ceil((from - D.begin) / step) * step; time <= to - D.begin; time += step) {
    const at = x(D.begin + time);
    make(svg, 'line', { x1: at, x2: at, y1: TOP - 6, y2: height, class: 'grid' });
    make(svg, 'text', { x: at, y: 14, 'text-anchor': 'middle', class: 'time' }, duration(time));
  }
  D.rows.forEach((row, index) => {
    const top = tops[index];
    make(svg, 'line', { x1: 0, x2: width, y1: top - 4, y2: top - 4, class: 'line' });
    make(svg, 'text', { x: 6, y: top + 13, class: 'row' }, row.name);
    const inside = make(svg, 'g', { 'clip-path': 'url(#inside)' });
    // Where many spans are closer than pixels, one stands for all.
    const last = [];
    for (const span of row.spans) {
      const begin = x(span.begin), end = x(span.end === null ? D.end : span.end);
      if (end < LEFT || begin > width) continue;
      if (end - begin < 1 && last[span.lane] >= end - 0.5) continue;
      last[span.lane] = Math.max(begin + 1, end);
      const rect = make(inside, 'rect', { x: begin, y: top + span.lane * LANE, width: Math.max(end - begin, 1), height: LANE - 3, rx: 2,
        fill: COLOURS[span.kind], class: 'span', 'data-name': span.name });
      rect.span = span;
      if (end - begin > 40) {
        const visible = Math.max(begin, LEFT), room = Math.floor((Math.min(end, width) - visible - 6) / 6.3);
        if (room > 3) {
          make(inside, 'text', { x: visible + 3, y: top + span.lane * LANE + 11, class: span.kind === 'wait' ? 'dark' : 'label' },
            span.name.length > room ? span.name.slice(0, room - 1) + '…' : span.name);
        }
      }
    }
  });
  const arrows = make(svg, 'g', { 'clip-path': 'url(#inside)' });
  const shown = D.arrows.filter(arrow => arrow.some(p => p.time >= from && p.time <= to));
  for (const arrow of shown.slice(0, 400)) {
    for (let i = 1; i < arrow.length; i++) {
      const [a, b] = [arrow[i - 1], arrow[i]];
      const ya = tops[a.row] + a.lane * LANE + 8, yb = tops[b.row] + b.lane * LANE + 8;
      make(arrows, 'path', { d: `M${x(a.time)},${ya} C${x(a.time) + 12},${ya} ${x(b.time) - 12},${yb} ${x(b.time)},${yb}`,
        class: 'arrow', 'marker-end': 'url(#head)' });
    }
  }
  if (D.counters.length) {
    const most = Math.max(1, ...D.counters.map(c => c.queued + c.running + c.finished)), base = counters + 54;
    make(svg, 'text', { x: 6, y: counters + 20, class: 'row' }, `tasks (up to ${most})`);
    const area = make(svg, 'g', { 'clip-path': 'url(#inside)' });
    let below = D.counters.map(() => 0);
    for (const [what, colour] of [['running', COLOURS.task], ['queued', COLOURS.submit], ['finished', '#999']]) {
      let upper = '', lower = '';
      const sums = D.counters.map((c, i) => below[i] + c[what]);
      D.counters.forEach((c, i) => {
        const end = i + 1 < D.counters.length ? D.counters[i + 1].time : D.end;
        upper += `L${x(c.time)},${base - sums[i] * 48 / most} L${x(end)},${base - sums[i] * 48 / most} `;
        lower = `L${x(end)},${base - below[i] * 48 / most} L${x(c.time)},${base - below[i] * 48 / most} ` + lower;
      });
      make(area, 'path', { d: 'M' + (upper + lower).slice(1) + 'z', fill: colour, class: 'count', 'data-name': what });
      below = sums;
    }
  }
  document.getElementById('range').textContent = `${duration(from - D.begin)} to ${duration(to - D.begin)}`;
  document.body.dataset.from = from - D.begin;
  document.body.dataset.to = to - D.begin;
}

function show(a, b) {
  const least = 1;
  if (b - a < least) return;
  from = Math.max(D.begin, a);
  to = Math.min(D.end, b);
  draw();
}

function zoom(factor, centre) {
  const middle = centre === undefined ? (from + to) / 2 : centre;
  show(middle - (middle - from) * factor, middle + (to - middle) * factor);
}

function timeAt(event) {
  const box = svg.getBoundingClientRect();
  return from + (event.clientX - box.left - LEFT) / (box.width - LEFT - 10) * (to - from);
}

svg.addEventListener('wheel', event => {
  event.preventDefault();
  if (event.shiftKey) show(from + (to - from) * event.deltaY / 1000, to + (to - from) * event.deltaY / 1000);
  else zoom(event.deltaY < 0 ? 0.8 : 1.25, timeAt(event));
}, { passive: false });
let dragged = null;
svg.addEventListener('mousedown', event => { dragged = timeAt(event); event.preventDefault(); });
window.addEventListener('mousemove', event => {
  if (dragged !== null && event.buttons) {
    const by = dragged - timeAt(event), length = to - from;
    const begin = Math.min(Math.max(from + by, D.begin), D.end - length);
    show(begin, begin + length);
  }
  const span = event.target.span;
  tip.hidden = !span;
  if (span) {
    tip.textContent = [span.name, span.end === null ? 'not ended' : duration(span.end - span.begin), `begins at ${duration(span.begin - D.begin)}`,
      ...Object.entries(span.details).map(([key, value]) => `${key}: ${value}`)].join('\n');
    tip.style.left = Math.min(event.pageX + 14, document.body.clientWidth - 260) + 'px';
    tip.style.top = event.pageY + 14 + 'px';
  }
});
window.addEventListener('mouseup', () => { dragged = null; });
document.getElementById('in').onclick = () => zoom(0.5);
document.getElementById('out').onclick = () => zoom(2);
document.getElementById('all').onclick = () => show(D.begin, D.end);
window.addEventListener('keydown', event => {
  const fifth = (to - from) / 5;
  if (event.key === '+') zoom(0.5);
  else if (event.key === '-') zoom(2);
  else if (event.key === '0') show(D.begin, D.end);
  else if (event.key === 'ArrowLeft') show(from - fifth, to - fifth);
  else if (event.key === 'ArrowRight') show(from + fifth, to + fifth);
});
window.addEventListener('resize', draw);
// page.html#1000-2000 shows these microseconds.
const wanted = /^#([0-9.]+)-([0-9.]+)$/.exec(location.hash);
if (wanted) show(D.begin + Number(wanted[1]), D.begin + Number(wanted[2]));
else draw();
