"""An invisible part of the page: Back and Forward, the window's width and title, the clipboard."""

from __future__ import annotations

import param
from panel.custom import JSComponent


class BrowserLink(JSComponent):
    """What the browser knows and Python does not.

    Panel pushes one state too many into the history and does not hear Back and Forward
    (panel #7357); ``search`` changes when the user walks there.
    """

    search = param.String("", doc="the query after Back or Forward, with a stamp")
    narrow = param.Boolean(None, allow_None=True, doc="whether the window is as narrow as a phone")
    dark = param.Boolean(None, allow_None=True, doc="what the page around ours (Jupyter) asks for")
    copy = param.String("", doc="set it, and the text lies in the clipboard")
    theme = param.String("", doc="set it, and the browser remembers light or dark")
    title = param.String("", doc="set it, and the window is called so")

    _esm = """
    export function render({ model }) {
      if (!history.__deduped) {
        const push = history.pushState.bind(history)
        history.__deduped = true
        history.pushState = (state, title, url) => {
          if (new URL(url, location.href).href !== location.href) push(state, title, url)
        }
      }
      const measure = () => { model.narrow = window.innerWidth < 700 }
      const walk = () => { model.search = location.search + '#' + Date.now() }
      const copy = () => { if (model.copy) navigator.clipboard?.writeText(model.copy) }
      const hear = event => {
        if (event.origin === location.origin && event.data?.type === 'workbench-theme') {
          model.dark = event.data.dark === true
        }
      }
      window.addEventListener('message', hear)
      window.addEventListener('popstate', walk)
      window.addEventListener('resize', measure)
      // not Bokeh's Document.title: it fails when set outside the document's lock, and a click
      // in a Material menu arrives there
      const name = () => { if (model.title) document.title = model.title }
      model.on('copy', copy)
      model.on('title', name)
      model.on('theme', () => {
        const kept = 'path=/; max-age=31536000; SameSite=Strict'
        document.cookie = `workbench-theme=${model.theme}; ${kept}`
      })
      measure()
      name()
      model.on('remove', () => {
        window.removeEventListener('message', hear)
        window.removeEventListener('popstate', walk)
        window.removeEventListener('resize', measure)
      })
      const nothing = document.createElement('span')
      nothing.setAttribute('aria-hidden', 'true')
      return nothing
    }"""
