// What Lab's modules expect of a browser and jsdom lacks.
if (typeof window.requestIdleCallback !== 'function') {
  window.requestIdleCallback = callback =>
    window.setTimeout(() => callback({ didTimeout: false, timeRemaining: () => 50 }));
}
class DragEventStub extends Event {}
Object.assign(globalThis, {
  DragEvent: (globalThis as Partial<typeof globalThis>).DragEvent ?? DragEventStub,
  IS_REACT_ACT_ENVIRONMENT: true
});
if (typeof window.matchMedia !== 'function') {
  window.matchMedia = (query: string) => ({
    matches: false,
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    dispatchEvent: () => false
  });
}
