// The bars of one column as buttons: ranges side by side, values below each other.
// Text from data is only ever set through textContent.

export function render({ model }) {
  const root = make('div')
  const draw = () => {
    const held = root.querySelector('button:focus')?.dataset.index
    const { kind, items } = model
    const tops = {  // each on its own scale: a few rows still show how they are distributed
      all: Math.max(1, ...items.map((item) => item.count)),
      left: Math.max(1, ...items.map((item) => item.left)),
    }
    root.className = kind
    root.setAttribute('role', 'group')
    root.setAttribute('aria-label', model.label)
    root.replaceChildren(
      ...items.map((item, index) => {
        const on = model.chosen.includes(index)
        const bar = make('button', on ? 'bar on' : 'bar')
        const rows = item.left.toLocaleString('en')
        bar.type = 'button'
        bar.dataset.index = index
        bar.title = `${item.label}: ${rows} rows`
        bar.setAttribute('aria-label', bar.title)
        bar.setAttribute('aria-pressed', String(on))
        const track = make('span', 'track')
        for (const [cls, count] of [['all', item.count], ['left', item.left]]) {
          const fill = make('i', cls)
          fill.style.setProperty('--part', `${(100 * count) / tops[cls]}%`)
          track.append(fill)
        }
        if (kind === 'values') bar.append(make('span', 'name', item.label), track, make('span', 'rows', rows))
        else bar.append(track)
        bar.addEventListener('click', () => { model.picked = { bar: index, stamp: Date.now() } })
        return bar
      })
    )
    if (kind === 'ranges' && model.ends.length) {
      const ends = make('div', 'ends')
      ends.append(...model.ends.map((end) => make('span', '', end)))
      root.append(ends)
    }
    if (held !== undefined) root.children[held]?.focus({ preventScroll: true })
  }
  draw()
  model.on('items', draw)
  model.on('chosen', draw)
  return root
}
