// A job: how far it is, the curves that its events draw, what it said last, and a way to stop it.
export default widget('monitor', (first, ask) => {
  const head = make('p', 'title')
  const state = make('span')
  const bar = make('i')
  const meter = box('meter', bar)
  meter.setAttribute('role', 'progressbar')
  meter.setAttribute('aria-label', 'Progress')
  const now = make('p', 'said grow')
  now.setAttribute('role', 'status')
  const stop = button('Cancel', () => { stop.disabled = true; ask({ cancel: true }) }, 'stop')
  const names = legend()
  const curves = lines('Curves of the training')
  const log = make('div', 'log')
  return {
    nodes: [head, meter, box('row', now, stop), names.node, curves.node, log],
    draw: (view) => {
      state.textContent = ` ${view.state}`
      state.className = view.tone
      head.replaceChildren(make('span', '', view.title), state)
      const share = Math.round(100 * view.fraction)
      bar.style.width = `${share}%`
      meter.setAttribute('aria-valuenow', share)
      meter.hidden = !view.active
      now.textContent = view.text
      stop.hidden = !view.active
      if (!view.active) stop.disabled = false
      const any = view.curves.length > 0
      names.node.hidden = curves.node.hidden = !any
      if (any) {
        names.draw(view.curves)
        curves.draw(view)
      }
      log.textContent = view.log.join('\n')
    },
    end: curves.end,
  }
})
