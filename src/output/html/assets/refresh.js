// A page whose file is written anew reloads itself, and stays as its reader has set it.
const KEPT = `s3al ${location.pathname}`;
// How long a reader who has just done something is left alone.
const QUIET = 5000;

// Some browsers keep nothing for pages of files; these begin anew each time.
function kept(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}

function reload() {
  const state = { zone, since: chosen.since, until: chosen.until, values: [...chosen.values], scroll: scrollY, grids: {} };
  for (const grid of grids) state.grids[grid.table.name] = grid.settings();
  kept((storage) => storage.setItem(KEPT, JSON.stringify(state)));
  location.reload();
}

function restore() {
  const state = JSON.parse(kept((storage) => storage.getItem(KEPT)));
  if (state === null) return;
  kept((storage) => storage.removeItem(KEPT));
  if ([...byId('zone').options].some((option) => option.value === state.zone)) zone = byId('zone').value = state.zone;
  [chosen.since, chosen.until, chosen.values] = [state.since, state.until, new Map(state.values)];
  for (const grid of grids) grid.restore(state.grids[grid.table.name]);
  draw();
  changed();
  history.scrollRestoration = 'manual';
  scrollTo(0, state.scroll);
}

function refresh(seconds) {
  let [isPaused, due, busy] = [false, Date.now() + seconds * 1000, 0];
  for (const kind of ['keydown', 'pointerdown', 'pointerup', 'input']) {
    addEventListener(kind, () => { busy = Date.now() + QUIET; }, true);
  }
  setInterval(() => {
    const isSelecting = getSelection()?.isCollapsed === false;
    if (!isPaused && !document.hidden && !isSelecting && Date.now() >= Math.max(due, busy)) {
      due = Infinity;
      reload();
    }
  }, 500);
  const pause = el('button', { type: 'button', 'aria-pressed': 'false' }, 'Pause');
  pause.addEventListener('click', () => {
    isPaused = !isPaused;
    pause.setAttribute('aria-pressed', String(isPaused));
  });
  const said = () => `Written ${timeText(Date.parse(document.lastModified))}, reloads itself every ${duration(seconds * 1000)}.`;
  const text = el('span', {}, said());
  onChange(() => { text.textContent = said(); });
  byId('refresh').append(text, pause);
  byId('refresh').hidden = false;
}

if (data.about.refresh !== null) {
  restore();
  refresh(data.about.refresh);
}
