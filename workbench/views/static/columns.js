// Cards of columns with small histograms. Text from data is only ever set through textContent.
const SVG = 'http://www.w3.org/2000/svg'
const HIGH = 38

const part = (tag, settings) => {
  const node = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(settings)) node.setAttribute(name, value)
  return node
}

// Behind, in pale, all rows; before them those that the choices leave, each on its own scale: a few
// rows of a million still show how they are distributed.
function picture(item, pick) {
  const { counts, left, chosen, labels } = item
  const svg = part('svg', {
    viewBox: `0 0 100 ${HIGH}`, preserveAspectRatio: 'none', 'aria-hidden': 'true',
    class: item.kind === 'number' ? 'number' : 'other',
  })
  const wide = 100 / Math.max(1, counts.length)
  const gap = Math.min(wide * 0.14, 1.2)
  const bar = (count, i, top, cls) => {
    const high = Math.max(count ? 1 : 0, ((HIGH - 1) * count) / top)
    return part('rect', {
      x: i * wide + gap / 2, width: wide - gap, y: HIGH - high, height: high, rx: 0.7, class: cls,
    })
  }
  const most = Math.max(1, ...counts)
  const rest = left ? Math.max(1, ...left) : most
  counts.forEach((count, i) => {
    if (left) svg.append(bar(count, i, most, 'all'))
    svg.append(bar(left ? left[i] : count, i, rest, ''))
    const place = part('rect', {
      x: i * wide, width: wide, y: 0, height: HIGH,
      class: chosen.includes(i) ? 'place on' : 'place',
    })
    const told = part('title', {})
    told.textContent = `${labels[i]}: ${(left ? left[i] : count).toLocaleString('en')} rows`
    place.append(told)
    place.addEventListener('click', (event) => {
      event.stopPropagation()
      pick(i)
    })
    svg.append(place)
  })
  return svg
}

export function render({ model }) {
  const grid = make('div', 'grid')
  const card = (item, index) => {
    const on = item.name === model.selected
    const node = make('button', on ? 'card on' : 'card')
    node.type = 'button'
    node.dataset.index = index
    node.setAttribute('aria-pressed', String(on))
    const top = make('span', 'top')
    top.append(make('b', '', item.name))
    if (item.role) top.append(make('em', item.role, item.role))
    if (item.warning) {
      const mark = make('span', 'mark', '!')
      mark.title = item.warning
      top.append(mark)
    }
    const pick = (bar) => {
      model.selected = item.name
      model.picked = { column: item.name, bar, stamp: Date.now() }
    }
    node.append(top, picture(item, pick), make('small', '', item.sub))
    node.title = item.name
    node.addEventListener('click', () => { model.selected = item.name })
    return node
  }
  const draw = () => {
    const held = grid.querySelector('button:focus')?.dataset.index
    grid.replaceChildren(...model.items.map(card))
    if (held !== undefined) grid.children[held]?.focus({ preventScroll: true })
  }
  draw()
  model.on('items', draw)
  model.on('selected', draw)
  return grid
}
