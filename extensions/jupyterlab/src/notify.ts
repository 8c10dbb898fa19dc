import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IJob, ILink } from './api';
import { jobTitle } from './format';

const QUIET = new Set(['rename', 'promote']); // what the list shows at once is no news
const READ = 8_000; // milliseconds that a success stays; a failure stays until it is read

/** Say how a job ended, with a way to what it made. */
export function tellEnd(job: IJob, open: (link: ILink) => void, trans: TranslationBundle): void {
  const title = jobTitle(job, trans);
  if (job.state === 'done') {
    if (QUIET.has(job.action)) {
      return;
    }
    const actions = job.links.map(link => ({ label: link.label, callback: () => open(link) }));
    const said = job.text && job.text !== 'done' ? `${title}: ${job.text}.` : `${title}: done.`;
    Notification.success(said, { autoClose: READ, actions });
  } else if (job.state === 'cancelled') {
    Notification.info(trans.__('%1 was cancelled.', title), { autoClose: READ });
  } else {
    const jobs = { label: trans.__('Show the job'), page: 'jobs', about: { job: job.id } };
    Notification.error(`${title}: ${job.error || job.text}`, {
      autoClose: false,
      actions: [{ label: jobs.label, callback: () => open(jobs) }]
    });
  }
}
