import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, it, vi } from 'vitest';
import { ApiError, explained, WorkbenchApi } from '../api';
import { EventCutter } from '../events';

function apiWith(reply: () => Promise<Response>) {
  const fetch = vi.fn<(request: Request) => Promise<Response>>(reply);
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://host/user/ada/',
    token: 'abc',
    fetch: fetch as unknown as ServerConnection.ISettings['fetch']
  });
  return { api: new WorkbenchApi(settings), fetch };
}

function json(body: unknown, status = 200) {
  return () => Promise.resolve(new Response(JSON.stringify(body), { status }));
}

describe('WorkbenchApi', () => {
  it('keeps the base URL and sends the token', async () => {
    const { api, fetch } = apiWith(json({ rows: [] }));
    expect(await api.list('runs')).toEqual([]);
    const request = fetch.mock.calls[0][0];
    expect(request.url).toContain('http://host/user/ada/workbench/api/runs');
    expect(request.headers.get('Authorization')).toBe('token abc');
  });

  it('keeps the names in an address apart', async () => {
    const { api, fetch } = apiWith(json({}));
    await api.preview('my files/a&b=c?.csv');
    expect(fetch.mock.calls[0][0].url).toContain('preview?path=my%20files%2Fa%26b%3Dc%3F.csv');
  });

  it('gives on the sentence and the hint of a refusal', async () => {
    const { api } = apiWith(json({ message: 'No run is called x.', hint: 'Known: y.' }, 404));
    await expect(api.list('runs')).rejects.toMatchObject({
      status: 404,
      message: 'No run is called x.',
      hint: 'Known: y.'
    });
  });

  it('says so when the server part is missing, the login is over, or a proxy answers', async () => {
    const missing = apiWith(() => Promise.resolve(new Response('<html>', { status: 404 })));
    await expect(missing.api.workspace()).rejects.toThrow('server part of Workbench');
    const over = apiWith(json({ message: 'Forbidden', reason: null }, 403));
    await expect(over.api.workspace()).rejects.toThrow('asks for its login');
    const proxy = apiWith(() => Promise.resolve(new Response('<html>', { status: 502 })));
    await expect(proxy.api.workspace()).rejects.toThrow('Jupyter answered 502');
  });

  it('says so when nobody answers', async () => {
    const { api } = apiWith(() => Promise.reject(new TypeError('Failed to fetch')));
    const error = await api.workspace().catch(explained);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 0, message: 'Jupyter does not answer.' });
  });

  it('hears events, however the stream is cut', async () => {
    const text = ': listening\n\nevent: changed\ndata: ["jobs"]\n\nevent: changed\ndata: ["runs","jobs"]\n\n';
    const bytes = new TextEncoder().encode(text);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < bytes.length; i += 7) {
          controller.enqueue(bytes.slice(i, i + 7));
        }
        controller.close();
      }
    });
    const { api } = apiWith(() => Promise.resolve(new Response(body)));
    const heard: string[][] = [];
    await api.listen(kinds => heard.push(kinds), new AbortController().signal);
    expect(heard).toEqual([['jobs'], ['runs', 'jobs']]);
  });
});

describe('EventCutter', () => {
  it('waits for the end of an event and joins its lines', () => {
    const cutter = new EventCutter();
    expect(cutter.push('data: a\nda')).toEqual([]);
    expect(cutter.push('ta: b\r\n\r\n: alive\n\n')).toEqual(['a\nb']);
  });
});
