// Draws a table. Text from data is only ever set through textContent.

const ARROWS = { up: '↑', down: '↓' }

function head(model, spec) {
  const th = make('th', spec.align)
  th.scope = 'col'
  const sorted = model.order === spec.name
  let inside = th
  if (spec.sortable) {
    inside = make('button', sorted ? 'sort on' : 'sort')
    inside.type = 'button'
    inside.addEventListener('click', () => {
      const again = model.order === spec.name
      model.descending = again ? !model.descending : false
      model.order = spec.name
    })
    th.setAttribute('aria-sort', sorted ? (model.descending ? 'descending' : 'ascending') : 'none')
    th.append(inside)
  }
  inside.append(make('span', '', spec.title))
  if (spec.better) {
    const arrow = make('span', 'better', ARROWS[spec.better])
    arrow.title = spec.better === 'up' ? 'higher is better' : 'lower is better'
    arrow.setAttribute('role', 'img')
    arrow.setAttribute('aria-label', arrow.title)
    inside.append(arrow)
  }
  if (spec.sortable) {
    const mark = make('span', 'mark', sorted ? (model.descending ? '▼' : '▲') : '▲')
    mark.setAttribute('aria-hidden', 'true')
    inside.append(mark)
  }
  return th
}

function body(value, spec) {
  const td = make('td', [spec.align, spec.wrap ? 'wrap' : ''].join(' ').trim())
  if (typeof value === 'string') {
    td.textContent = value
    return td
  }
  const line = make('span', ['cell', value.tone || ''].join(' ').trim())
  if (value.dot) {
    const dot = make('i', 'dot')
    dot.style.background = value.dot
    line.append(dot)
  }
  line.append(make('span', '', value.text))
  td.append(line)
  if (value.quiet) td.append(make('small', '', value.quiet))
  if (value.bar !== null && value.bar !== undefined) {
    const track = make('span', 'track')
    const bar = make('span', 'bar')
    bar.style.width = Math.max(0, Math.min(1, value.bar)) * 100 + '%'
    track.append(bar)
    td.append(track)
  }
  return td
}

function mark(model, index, name) {
  const td = make('td', 'mark')
  const box = make('input')
  box.type = 'checkbox'
  box.checked = model.marks.includes(index)
  box.setAttribute('aria-label', `Choose ${name}`)
  box.addEventListener('change', () => {
    const others = model.marks.filter((other) => other !== index)
    model.marks = box.checked ? [...others, index] : others
  })
  for (const kind of ['click', 'keydown']) td.addEventListener(kind, (event) => event.stopPropagation())
  td.append(box)
  return td
}

function row(model, cells, index, choose) {
  const tr = make('tr')
  if (model.markable) tr.append(mark(model, index, cells[0]?.text ?? cells[0]))
  cells.forEach((value, i) => tr.append(body(value, model.heads[i] || {})))
  if (model.selectable) {
    tr.tabIndex = 0
    tr.setAttribute('aria-selected', String(model.selected === index))
    tr.addEventListener('click', () => choose(index))
    tr.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault()
        choose(index)
      }
      const next = { ArrowDown: tr.nextElementSibling, ArrowUp: tr.previousElementSibling }[event.key]
      if (next) {
        event.preventDefault()
        next.focus()
      }
    })
  }
  return tr
}

export function render({ model }) {
  const frame = make('div', 'frame')
  const draw = () => {
    const held = frame.querySelector('tr:focus')
    const focused = held ? held.sectionRowIndex : -1
    const table = make('table', model.selectable ? 'selectable' : '')
    if (model.label) table.setAttribute('aria-label', model.label)
    const top = make('tr')
    if (model.markable) {
      const first = make('th', 'mark')
      first.setAttribute('aria-label', 'Chosen')
      top.append(first)
    }
    model.heads.forEach((spec) => top.append(head(model, spec)))
    const thead = make('thead')
    thead.append(top)
    const tbody = make('tbody')
    const choose = (index) => {
      model.selected = index
    }
    model.rows.forEach((cells, index) => tbody.append(row(model, cells, index, choose)))
    table.append(thead, tbody)
    frame.replaceChildren(table)
    if (focused >= 0) tbody.rows[focused]?.focus({ preventScroll: true })
  }
  draw()
  for (const name of ['heads', 'rows', 'selected', 'order', 'descending']) model.on(name, draw)
  model.on('marks', () => {
    frame.querySelectorAll('td.mark input').forEach((box, index) => {
      box.checked = model.marks.includes(index)
    })
  })
  return frame
}
