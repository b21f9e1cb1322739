// A fault as it is put together: one change at a time, each of them whole.
import type { Endpoint, Fault, FaultKind, RetryAfter } from '../contract';
import type { FaultName, RetryForm } from './options';

export type StatusFault = Fault & { kind: 'status' };

const USUAL_WAIT_S = 30;

/** Another kind of fault: as often and on the same requests as the one before. */
export function ofKind(kind: FaultName, before: Fault): Fault {
  const on: Endpoint[] = before.on.length > 0 ? before.on : ['refresh'];
  const times = before.times ?? null;
  return { ...parametersOf(kind), on, times };
}

function parametersOf(kind: FaultName): FaultKind {
  if (kind === 'status') {
    return { kind, code: 503, retryAfter: null, body: 'json', afterHandling: false };
  }
  return kind === 'hold' ? { kind, afterHandling: false } : { kind };
}

export function retryForm(after: RetryAfter | null | undefined): RetryForm {
  if (!after) return 'none';
  return 'seconds' in after ? 'seconds' : 'date';
}

/** So many seconds are to be waited. */
export function retryWait(after: RetryAfter | null | undefined): number {
  if (!after) return USUAL_WAIT_S;
  return 'seconds' in after ? after.seconds : after.date;
}

export function retryAfter(form: RetryForm, seconds: number): RetryAfter | null {
  switch (form) {
    case 'none':
      return null;
    case 'seconds':
      return { seconds };
    case 'date':
      return { date: seconds };
  }
}

/** Whether the request is carried out before it fails; `null` where the question does not arise. */
export function isHandled(fault: Fault): boolean | null {
  return fault.kind === 'status' || fault.kind === 'hold' ? fault.afterHandling : null;
}

export function handled(fault: Fault, afterHandling: boolean): Fault {
  return isHandled(fault) === null ? fault : ({ ...fault, afterHandling } as Fault);
}
