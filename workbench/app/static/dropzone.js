// The place where a file is dropped or chosen; names are set through textContent only.

export function render({ model }) {
  const zone = make('button', 'zone')
  zone.type = 'button'
  const title = make('span', 'title')
  const sub = make('span', 'sub')
  const track = make('span', 'track')
  const bar = make('span', 'bar')
  track.append(bar)
  zone.append(title, sub, track)
  const input = make('input')
  input.type = 'file'
  input.hidden = true
  input.setAttribute('aria-label', 'File to upload')
  zone.addEventListener('click', () => input.click())
  input.addEventListener('change', () => {
    if (input.files.length) document.dispatchEvent(new CustomEvent('workbench-file', { detail: input.files[0] }))
    input.value = ''
  })
  for (const name of ['dragover', 'dragenter']) zone.addEventListener(name, () => zone.classList.add('on'))
  for (const name of ['dragleave', 'drop']) zone.addEventListener(name, () => zone.classList.remove('on'))
  const draw = () => {
    title.textContent = model.name_shown || 'Drop a file here, or choose one'
    sub.textContent = model.said
    track.hidden = !(model.fraction > 0 && model.fraction < 1)
    bar.style.width = `${100 * model.fraction}%`
    zone.classList.toggle('small', Boolean(model.name_shown))
  }
  draw()
  for (const name of ['name_shown', 'said', 'fraction']) model.on(name, draw)
  const frame = make('div')
  frame.append(zone, input)
  return frame
}
