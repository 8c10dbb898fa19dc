// What the live widgets are made of. Text from data is only ever set through textContent.

const SVG = 'http://www.w3.org/2000/svg'

const shape = (tag, settings, text) => {
  const node = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(settings)) node.setAttribute(name, value)
  if (text !== undefined) node.textContent = text
  return node
}

const box = (cls, ...parts) => {
  const node = make('div', cls)
  node.append(...parts)
  return node
}

const button = (text, pressed, cls = '') => {
  const node = make('button', `press ${cls}`, text)
  node.type = 'button'
  node.addEventListener('click', pressed)
  return node
}

const PATIENCE = 10000 // milliseconds; a kernel that carries out a cell answers after it
const GONE = 'The kernel has gone; run the cell again.'
const SILENT = 'The kernel does not answer: another cell runs, or it has gone. '
  + 'If no cell runs, run this one again.'
const JOINED = ['values', 'step', 'at', 'metric', 'class', 'column', 'row']

// Two questions as one: values are joined, steps add up, of the rest the later word counts. None
// where one of them turns something over or sends something, which must wait its turn.
const together = (one, other) => {
  if (!Object.keys({ ...one, ...other }).every((key) => JOINED.includes(key))) return null
  const both = { ...one, ...other }
  if (one.values && other.values) both.values = { ...one.values, ...other.values }
  if (one.step && other.step) both.step = one.step + other.step
  else if (other.row !== undefined) delete both.step // a row that was pressed later
  return both
}

// One question at a time: a slider that is dragged asks again once the last answer has come.
const asking = (model, heard, tell) => {
  const next = []
  let waiting = false
  let timer = 0
  let away = SILENT
  const send = (what) => {
    waiting = true
    clearTimeout(timer)
    timer = setTimeout(() => tell(away), PATIENCE)
    model.set('asked', { ...what, stamp: Date.now() + Math.random() })
    model.save_changes()
  }
  const answered = () => {
    waiting = false
    clearTimeout(timer)
    away = SILENT
    tell('')
    if (next.length) send(next.shift())
  }
  const cut = () => {
    clearTimeout(timer)
    away = GONE
    tell(GONE)
  }
  for (const [event, what] of [['change:answered', answered], ['comm_live_update', cut]]) {
    model.on(event, what)
    heard.push([event, what])
  }
  const ask = (what) => {
    if (!waiting) return send(what)
    const both = next.length ? together(next[next.length - 1], what) : null
    if (both) next[next.length - 1] = both
    else next.push(what)
  }
  return { ask, end: () => clearTimeout(timer) }
}

// A widget: `build(view, ask)` gives its nodes and what draws a new view into them.
const widget = (name, build) => ({
  render({ model, el }) {
    const heard = []
    const problem = make('p', 'problem')
    problem.setAttribute('role', 'alert')
    let away = ''
    const say = () => {
      problem.textContent = away || model.get('problem')
      problem.hidden = !problem.textContent
    }
    const asked = asking(model, heard, (text) => {
      away = text
      say()
    })
    const root = box(`wb-live ${name}`)
    const { nodes, draw, end } = build(model.get('view'), asked.ask)
    root.append(...nodes, problem)
    const show = () => {
      say()
      draw(model.get('view'))
    }
    show()
    for (const event of ['change:view', 'change:problem']) {
      model.on(event, show)
      heard.push([event, show])
    }
    el.append(root)
    return () => {
      heard.forEach(([event, what]) => model.off(event, what))
      asked.end()
      if (end) end()
    }
  },
})

const heading = (view) => {
  const title = make('p', 'title', view.title)
  const said = make('p', 'said', view.said || '')
  return { nodes: [title, said], draw: (now) => { said.textContent = now.said || '' } }
}

// A choice by its label; `options` are [value, text].
const choice = (label, picked) => {
  const select = make('select')
  const node = make('label', 'choice', label)
  node.append(select)
  select.addEventListener('change', () => picked(select.value))
  let known = ''
  return {
    node,
    draw: (options, value) => {
      const now = JSON.stringify(options)
      if (now !== known) {
        known = now
        select.replaceChildren(...options.map(([key, text]) => {
          const option = make('option', '', text)
          option.value = key
          return option
        }))
      }
      select.value = value
      node.hidden = options.length < 2
    },
  }
}

// Lines with a track: a bar from..to, an interval with a dot, or both; all on one scale.
const strips = (label, picked) => {
  const node = make('div', 'strips')
  node.setAttribute('role', 'group')
  node.setAttribute('aria-label', label)
  const draw = ({ items, low, high }) => {
    const held = node.querySelector(':focus')?.dataset.place
    const share = (value) => `${(100 * (value - low)) / (high - low || 1)}%`
    node.replaceChildren(...items.map((item, place) => {
      const line = make(picked ? 'button' : 'div', `strip ${item.on ? 'on' : ''} ${item.tone || ''}`)
      if (picked) {
        line.type = 'button'
        line.dataset.place = place
        line.setAttribute('aria-pressed', String(!!item.on))
        line.addEventListener('click', () => picked(item.key))
      }
      const track = make('span', 'track')
      if (low < 0 && high > 0) {
        const zero = make('i', 'zero')
        zero.style.left = share(0)
        track.append(zero)
      }
      if (item.from !== undefined) {
        const [a, b] = [Math.min(item.from, item.to), Math.max(item.from, item.to)]
        const bar = make('i', 'bar')
        bar.style.left = share(a)
        bar.style.width = `max(1px, ${(100 * (b - a)) / (high - low || 1)}%)`
        track.append(bar)
      }
      if (item.least !== undefined && item.least !== null) {
        const whisker = make('i', 'whisker')
        whisker.style.left = share(item.least)
        whisker.style.width = `${(100 * (item.most - item.least)) / (high - low || 1)}%`
        track.append(whisker)
      }
      if (item.dot !== undefined && item.dot !== null) {
        const dot = make('i', 'dot')
        dot.style.left = share(item.dot)
        track.append(dot)
      }
      const name = make('span', 'name', item.name)
      name.title = item.name
      if (item.quiet) name.append(make('small', '', item.quiet))
      line.append(name, track, make('span', 'text', item.text))
      return line
    }))
    if (held !== undefined) node.children[held]?.focus({ preventScroll: true })
  }
  return { node, draw }
}

// A picture that knows how wide it is, so that its letters have one size everywhere.
const canvas = (label, paint) => {
  const node = make('div', 'canvas')
  node.setAttribute('role', 'img')
  node.setAttribute('aria-label', label)
  let view = null
  let wide = 0
  const draw = (now) => {
    view = now
    if (!view || !node.clientWidth) return
    wide = node.clientWidth
    node.replaceChildren(paint(view, Math.max(220, wide)))
  }
  const watch = new ResizeObserver(() => {
    if (node.clientWidth !== wide) draw(view)
  })
  watch.observe(node)
  return { node, draw, end: () => watch.disconnect() }
}

const spread = (values) => {
  const low = Math.min(...values)
  const high = Math.max(...values)
  return low === high ? [low - 1, high + 1] : [low, high]
}

const ticks = (low, high, count, whole) => {
  const raw = (high - low) / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw) || raw
  const found = []
  if (whole && step < 1) return ticks(low, high, (high - low) || 1)
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(at)
  return found
}

const written = (value) => {
  const size = Math.abs(value)
  if (Number.isInteger(value) && size < 1e6) return value.toLocaleString('en').replace('-', '−')
  if (size < 1e-12) return '0'
  if (size >= 10000) return Intl.NumberFormat('en', { notation: 'compact' }).format(value)
  return String(+value.toPrecision(3)).replace('-', '−')
}

// Axes of a picture: `across` and `up` are {low, high, title, names}.
const axes = (wide, high, across, up) => {
  const left = up.names ? Math.min(150, wide * 0.34) : 46
  const [right, top, bottom] = [12, 8, 40]
  const svg = shape('svg', { viewBox: `0 0 ${wide} ${high}`, width: wide, height: high })
  const x = (v) => left + ((wide - left - right) * (v - across.low)) / (across.high - across.low)
  const y = (v) => high - bottom - ((high - top - bottom) * (v - up.low)) / (up.high - up.low)
  const letters = Math.max(1, Math.floor(left / 6.4) - 1)
  const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
  for (const [place, name] of up.names
    ? up.names.map((n, i) => [i, short(n, letters)])
    : ticks(up.low, up.high, 4).map((t) => [t, written(t)])) {
    if (!up.names) svg.append(shape('line', { class: 'grid', x1: left, x2: wide - right, y1: y(place), y2: y(place) }))
    svg.append(shape('text', { class: 'tick', x: left - 7, y: y(place) + 4, 'text-anchor': 'end' }, name))
  }
  const room = across.names ? (wide - left - right) / across.names.length : 0
  const turned = across.names && Math.max(...across.names.map((n) => n.length)) * 6 > room
  for (const [place, name] of across.names
    ? across.names.map((n, i) => [i, short(n, turned ? 6 : 18)])
    : ticks(across.low, across.high, Math.max(2, wide / 130), across.whole).map((t) => [t, written(t)])) {
    if (across.names && turned && room < 14 && place % Math.ceil(14 / room)) continue
    const at = { class: 'tick', x: x(place), y: high - bottom + 15, 'text-anchor': 'middle' }
    if (turned) Object.assign(at, { 'text-anchor': 'end', y: high - bottom + 12, transform: `rotate(-35 ${x(place)} ${high - bottom + 12})` })
    svg.append(shape('text', at, name))
  }
  svg.append(shape('text', { class: 'tick', x: (left + wide - right) / 2, y: high - 4, 'text-anchor': 'middle' }, across.title))
  return { svg, x, y, left, right: wide - right, top, bottom: high - bottom }
}

// Dots that can be pressed; `points` are [across, up, shade or null, key, words].
const scatter = (label, picked) => canvas(label, (view, wide) => {
  const high = view.high || 260
  const { svg, x, y, left, right, top, bottom } = axes(wide, high, view.across, view.up)
  if (view.across.low < 0 && view.across.high > 0 && view.zero === 'across') {
    svg.append(shape('line', { class: 'rule', x1: x(0), x2: x(0), y1: top, y2: bottom }))
  }
  if (view.zero === 'up' && view.up.low < 0 && view.up.high > 0) {
    svg.append(shape('line', { class: 'rule', x1: left, x2: right, y1: y(0), y2: y(0) }))
  }
  const last = []
  for (const [a, b, shade, key, words] of view.points) {
    const dot = shape('circle', { cx: x(a).toFixed(1), cy: y(b).toFixed(1), r: key === view.picked ? 5 : 2.6 })
    dot.setAttribute('class', key === view.picked ? 'dot picked' : shade === null ? 'dot none' : 'dot')
    if (shade !== null && key !== view.picked) dot.style.fill = `color-mix(in srgb, var(--wb-high) ${Math.round(100 * shade)}%, var(--wb-low))`
    dot.append(shape('title', {}, words))
    dot.addEventListener('click', () => picked(key))
    if (key === view.picked) last.push(dot)
    else svg.append(dot)
  }
  svg.append(...last)
  return svg
})

// Curves; `curves` are {name, points: [[across, up]], faint}.
const lines = (label) => canvas(label, (view, wide) => {
  const all = view.curves.flatMap((curve) => curve.points)
  const [left, right] = spread(all.map((p) => p[0]))
  const [low, high] = spread(all.map((p) => p[1]))
  const drawn = axes(wide, 210, { low: left, high: right, title: view.across, whole: true }, { low, high })
  view.curves.forEach((curve, place) => {
    const path = curve.points.map(([a, b]) => `${drawn.x(a).toFixed(1)},${drawn.y(b).toFixed(1)}`)
    const kind = `curve c${place % 4}${curve.faint ? ' faint' : ''}`
    if (path.length > 1) drawn.svg.append(shape('polyline', { class: kind, points: path.join(' ') }))
    else if (path.length) {
      const [cx, cy] = path[0].split(',')
      drawn.svg.append(shape('circle', { class: `${kind} alone`, cx, cy, r: 3 }))
    }
  })
  return drawn.svg
})

const legend = () => {
  const node = make('p', 'legend')
  return {
    node,
    draw: (curves) => node.replaceChildren(...curves.map((curve, place) =>
      make('span', `c${place % 4}${curve.faint ? ' faint' : ''}`, curve.name))),
  }
}

// Inputs of a row; each tells its own name and value when a person changes it.
const form = (fields, changed) => {
  const parts = {}
  const nodes = fields.map((field) => {
    const label = make('label', `field ${field.kind}`)
    const name = make('span', 'name', field.name)
    const told = make('span', 'told')
    name.title = field.name
    let input
    if (field.kind === 'choice') {
      input = make('select')
    } else {
      input = make('input')
      input.type = field.kind === 'slider' ? 'range' : 'text'
      if (field.kind === 'slider') {
        Object.assign(input, { min: field.low, max: field.high, step: field.step })
      }
    }
    input.setAttribute('aria-label', field.name)
    const event = field.kind === 'slider' ? 'input' : 'change'
    input.addEventListener(event, () => {
      if (field.kind === 'slider') told.textContent = written(+input.value)
      changed({ [field.name]: field.kind === 'slider' ? +input.value : input.value })
    })
    parts[field.name] = { field, input, told }
    label.append(name, ...(field.kind === 'slider' ? [told] : []), input)
    return label
  })
  const few = nodes.slice(0, 10)
  const more = nodes.slice(10)
  const node = box('form', ...few)
  if (more.length) {
    const folded = make('details')
    folded.append(make('summary', '', `${more.length} more columns`), ...more)
    node.append(folded)
  }
  const draw = (values) => {
    for (const [name, { field, input, told }] of Object.entries(parts)) {
      const value = values[name]
      if (field.kind === 'choice') {
        const options = field.options.includes(value) ? field.options : [...field.options, value]
        if (input.options.length !== options.length) {
          input.replaceChildren(...options.map((text) => {
            const option = make('option', '', text)
            option.value = text
            return option
          }))
        }
      }
      if (input !== input.getRootNode().activeElement || field.kind === 'choice') input.value = value
      if (field.kind === 'slider') told.textContent = written(+value)
    }
  }
  return { node, draw }
}
