import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { expect, it, vi } from 'vitest';
import { AppView } from '../appview';

it('shows its page anew when Jupyter was started anew, if anybody has looked at it', async () => {
  const fetch = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(''));
  const settings = ServerConnection.makeSettings({ baseUrl: 'http://host/user/ada/' });
  const trans = nullTranslator.load('workbench');
  const view = new AppView(settings, { page: 'data', data: 'a@1' }, true, trans);
  view.again();
  expect(fetch).not.toHaveBeenCalled(); // a restored tab that nobody looks at starts nothing
  const shown: string[] = [];
  const frame = view.content.node.querySelector('iframe')!;
  vi.spyOn(frame, 'setAttribute').mockImplementation((_, value) => shown.push(value));
  Widget.attach(view, document.body);
  await vi.waitFor(() => expect(shown).toHaveLength(1));
  view.again();
  await vi.waitFor(() => expect(shown).toHaveLength(2));
  expect(fetch).toHaveBeenCalledTimes(2); // the app's process is started first
  expect(shown[1]).toBe('http://host/user/ada/workbench-app/?page=data&data=a%401&theme=dark');
  view.dispose();
  vi.restoreAllMocks();
});
