// Something the person asked for: whether it runs, and what went wrong.
import type { AppError } from './contract';

/** An error as the window shows it. `unexpected` is what no command answers with: a refused call. */
export type Failure = Omit<AppError, 'code'> & { code: AppError['code'] | 'unexpected' };

export class Attempt {
  busy = $state(false);
  failure = $state.raw<Failure | null>(null);

  /** Runs `action` unless it runs already; answers whether it went well. */
  async run(action: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.failure = null;
    try {
      await action();
      return true;
    } catch (thrown) {
      this.failure = asFailure(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}

export function asFailure(thrown: unknown): Failure {
  if (isAppError(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'unexpected', message, field: null, exchange: null };
}

function isAppError(thrown: unknown): thrown is AppError {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown;
}
