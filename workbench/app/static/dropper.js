// Takes files that are dropped anywhere on the page, or chosen in the dialog, and sends them in
// parts; hears the two keys of the dialog. A file's name is only ever sent, never drawn here.

const holdsFiles = (event) => [...(event.dataTransfer?.types || [])].includes('Files')

export function render({ model, el }) {
  const veil = make('div', 'veil')
  veil.append(make('p', '', 'Drop the file here'))
  veil.hidden = true
  veil.setAttribute('popover', 'manual')

  let number = 0
  let file = null
  const send = (what) => {
    file = what
    number = Date.now()
    model.send_msg({ what: 'file', number, name: file.name, size: file.size })
  }
  const offered = (event) => {
    if (el.isConnected) send(event.detail) // each page has a dropper of its own
  }
  model.on('msg:custom', async (answer) => {
    if (!file || answer.stop || answer.number !== number) return
    if (answer.next >= file.size) return
    const part = await file.slice(answer.next, answer.next + model.part).arrayBuffer()
    model.send_msg({ what: 'part', number: answer.number, part })
  })

  const cover = (show) => {
    if (show === !veil.hidden) return
    veil.hidden = !show
    if (show) veil.showPopover?.()
    else veil.hidePopover?.()
  }
  const over = (event) => {
    if (!el.isConnected || !holdsFiles(event)) return
    event.preventDefault()
    cover(true)
  }
  const leave = (event) => {
    if (!event.relatedTarget) cover(false)
  }
  const drop = (event) => {
    if (!el.isConnected || !holdsFiles(event)) return
    event.preventDefault()
    cover(false)
    if (event.dataTransfer.files.length) send(event.dataTransfer.files[0])
  }
  const key = (event) => {
    if (!el.isConnected || !model.open) return
    const at = event.composedPath()[0]
    const own = at.closest?.('button, select, textarea, a, [role=button], [role=option], [role=combobox], [role=row], tr')
    const name = { Escape: 'escape', Enter: 'enter' }[event.key]
    // a list that is open takes the key for itself
    if (!name || (name === 'enter' && own) || at.closest?.('[role=listbox], [role=menu]')) return
    if (name === 'enter') at.blur?.() // what was typed is said first
    model.pressed = { key: name, at: Date.now() }
  }
  const listeners = { dragover: over, dragenter: over, dragleave: leave, drop, keydown: key }
  // on the way down: the dialog keeps Escape for itself
  for (const [name, heard] of Object.entries(listeners)) document.addEventListener(name, heard, true)
  document.addEventListener('workbench-file', offered)
  model.on('remove', () => {
    for (const [name, heard] of Object.entries(listeners)) document.removeEventListener(name, heard, true)
    document.removeEventListener('workbench-file', offered)
  })
  return veil
}
