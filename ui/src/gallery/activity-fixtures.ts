// What the Activity screen shows in tests and in the gallery: sessions as they go, told by their steps.
import type {
  Class,
  DiskStep,
  EffectKind,
  Ending,
  Entry,
  InputKind,
  StateKind,
  TokenDetails,
  Trigger,
  What,
} from '../contract';
import { exchange, HOUR, MINUTE, NOW, SECOND } from './parts';

type Decided = Extract<What, { kind: 'decision' }>;
type Asked = Extract<What, { kind: 'exchange' }>;

/** Writes entries down one after another, as the app does. */
export class Scribe {
  readonly entries: Entry[] = [];
  #run = 1;
  #seq: number;
  #atMs: number;
  readonly #sent = new Map<string, number>();

  constructor(atMs: number, seq = 1) {
    this.#atMs = atMs;
    this.#seq = seq;
  }

  wait(ms: number): this {
    this.#atMs += ms;
    return this;
  }

  note(what: What): this {
    const seq = this.#seq++;
    const sent = what.kind === 'exchange' && what.purpose === 'refresh' ? what.sent : null;
    const sentBefore = sent === null ? null : (this.#sent.get(sent) ?? null);
    if (sent !== null) this.#sent.set(sent, seq);
    this.entries.push({ seq, run: this.#run, atMs: this.#atMs, what, sentBefore });
    if (what.kind === 'disk') this.#atMs += what.tookMs;
    if (what.kind === 'exchange') this.#atMs += what.exchange.tookMs;
    return this;
  }

  start(): this {
    if (this.entries.length > 0) this.#run += 1;
    return this.note({ kind: 'app', did: 'start' });
  }

  lab(name: string, to: string): this {
    return this.note({ kind: 'switch', name, to });
  }

  disk(step: DiskStep, tookMs = 2): this {
    return this.note({ kind: 'disk', step, tookMs, trouble: null });
  }

  decide(
    input: InputKind,
    [from, to]: [StateKind, StateKind],
    effects: EffectKind[] = [],
    more: Partial<Decided> = {},
  ): this {
    return this.note({
      kind: 'decision',
      input,
      trigger: null,
      from,
      to,
      why: 'renews what is due, and whatever the person asks for',
      effects,
      next: null,
      ...more,
    });
  }

  next(inMs: number, why = 'renews'): { next: Decided['next'] } {
    return { next: { atMs: this.#atMs + inMs, why } };
  }

  ask(purpose: Asked['purpose'], outcome: Ending, more: Partial<Asked> = {}): this {
    return this.note({
      kind: 'exchange',
      purpose,
      reason: null,
      outcome,
      sent: null,
      access: null,
      refresh: null,
      ...more,
      exchange: { ...(more.exchange ?? exchange()), atMs: this.#atMs },
    });
  }

  signIn(access: string, refresh: string): this {
    return this.ask(
      'sign_in',
      { kind: 'good' },
      {
        access,
        refresh,
        exchange: exchange({
          url: 'http://127.0.0.1:43117/api/login',
          tookMs: 58,
          request: ['content-type: application/json', '{"username":"alice","password":"…"}'],
          response: [`{"token":"[${access}]","refreshToken":"[${refresh}]","expiresIn":20}`],
          detail: 'A new access token and a new refresh token, good for 20 s.',
        }),
      },
    )
      .disk('sign_in_saved', 6)
      .decide('signed_in', ['signed_out', 'resting'], ['expose'], this.next(16 * SECOND));
  }

  #begin(trigger: Trigger, from: StateKind, sent: string): this {
    const input = trigger === 'deadline' ? 'tick' : 'came';
    return this.decide(input, [from, 'refreshing'], ['refresh'], { trigger })
      .disk('locked', 1)
      .note({ kind: 'disk', step: 'intent_written', tookMs: 4, trouble: null, token: sent });
  }

  refresh(
    trigger: Trigger,
    sent: string,
    access: string,
    refresh: string,
    from: StateKind = 'resting',
  ): this {
    return this.#begin(trigger, from, sent)
      .ask(
        'refresh',
        { kind: 'good' },
        {
          reason: trigger,
          sent,
          access,
          refresh,
          exchange: exchange({
            request: ['content-type: application/json', `{"refreshToken":"[${sent}]"}`],
            response: [
              'content-type: application/json',
              `{"token":"[${access}]","refreshToken":"[${refresh}]","expiresIn":20}`,
            ],
          }),
        },
      )
      .disk('answer_saved', 5)
      .decide('renewed', ['refreshing', 'resting'], ['expose'], this.next(16 * SECOND));
  }

  fail(
    trigger: Trigger,
    sent: string,
    failure: Class,
    answer: Parameters<typeof exchange>[0],
    againMs: number,
    from: StateKind = 'resting',
  ): this {
    return this.#begin(trigger, from, sent)
      .ask(
        'refresh',
        { kind: 'failed', class: failure },
        {
          reason: trigger,
          sent,
          exchange: exchange({
            request: ['content-type: application/json', `{"refreshToken":"[${sent}]"}`],
            response: [],
            ...answer,
          }),
        },
      )
      .decide(
        'failed',
        ['refreshing', 'waiting'],
        failure === 'throttled' ? ['record_wait'] : [],
        this.next(againMs, 'tries again'),
      );
  }
}

/** One of everything, told from yesterday's start of the app until now. */
export const richActivity: Entry[] = new Scribe(NOW - 26 * HOUR)
  .start()
  .decide('came', ['restoring', 'restoring'], ['restore'], { trigger: 'launch' })
  .disk('read', 3)
  .decide('restored', ['restoring', 'signed_out'])
  .wait(9 * SECOND)
  .signIn('b8d0e1', '51f7aa')
  .wait(16 * SECOND)
  .refresh('deadline', '51f7aa', 'c93f02', '7c41e9')
  .wait(4 * SECOND)
  .note({ kind: 'app', did: 'quit' })
  .wait(26 * HOUR - 4 * MINUTE)
  .start()
  .decide('came', ['restoring', 'restoring'], ['restore'], { trigger: 'launch' })
  .disk('read', 3)
  .refresh('launch', '7c41e9', 'a3f09b', 'd2518c', 'restoring')
  .wait(3 * SECOND)
  .decide('came', ['resting', 'resting'], [], { trigger: 'focus' })
  .wait(5 * SECOND)
  .ask(
    'api',
    { kind: 'good' },
    {
      sent: 'a3f09b',
      exchange: exchange({
        method: 'GET',
        url: 'http://127.0.0.1:43117/api/me',
        tookMs: 12,
        request: ['authorization: Bearer [a3f09b]'],
        response: ['content-type: application/json', '{"name":"Alice"}'],
        detail: 'The API accepted the token.',
      }),
    },
  )
  .wait(6 * SECOND)
  .lab('fault', '{"kind":"dropAfterRotating","on":["refresh"],"times":1}')
  // The answer is lost after the server has rotated: the same refresh token is sent again.
  .wait(2 * SECOND)
  .fail(
    'deadline',
    'd2518c',
    'unknown_outcome',
    { status: null, tookMs: 210, detail: 'connection closed before an answer came' },
    SECOND,
  )
  .wait(SECOND)
  .refresh('deadline', 'd2518c', '9f10aa', 'e07b44', 'waiting')
  .wait(10 * SECOND)
  .lab('fault', '{"kind":"html200","on":["refresh"],"times":null}')
  .wait(3 * SECOND)
  .fail(
    'focus',
    'e07b44',
    'not_the_auth_server',
    {
      tookMs: 18,
      response: ['content-type: text/html', '<!doctype html><title>Welcome to the guest network'],
      detail: 'HTML instead of JSON',
    },
    12 * SECOND,
  )
  .wait(8 * SECOND)
  .lab(
    'fault',
    '{"kind":"status","code":429,"retryAfter":{"seconds":30},"body":"json","on":["refresh"],"times":1}',
  )
  .decide('came', ['waiting', 'waiting'], [], { trigger: 'network_back' })
  .fail(
    'asked',
    'e07b44',
    'throttled',
    { status: 429, tookMs: 9, response: ['retry-after: 30'], detail: 'retry-after: 30' },
    30 * SECOND,
    'waiting',
  )
  .wait(4 * SECOND)
  .lab('all_well', '')
  .wait(26 * SECOND)
  .refresh('deadline', 'e07b44', '40c6d7', '18aa3e', 'waiting')
  .wait(12 * SECOND)
  .decide('tick', ['resting', 'refreshing'], ['refresh'], { trigger: 'deadline' })
  .disk('locked', 1)
  .note({
    kind: 'disk',
    step: 'intent_written',
    tookMs: 3,
    trouble: { kind: 'disk_full', detail: 'No space left on device (os error 28)' },
  })
  .decide('put_off', ['refreshing', 'waiting'])
  .wait(2 * SECOND)
  .decide('signed_out', ['waiting', 'signed_out'], ['forget', 'discard'])
  .disk('sign_out_saved', 7)
  .ask(
    'sign_out',
    { kind: 'failed', class: 'not_sent' },
    {
      sent: '18aa3e',
      exchange: exchange({
        url: 'http://127.0.0.1:43117/api/logout',
        status: null,
        tookMs: 3,
        request: ['{"refreshToken":"[18aa3e]"}'],
        response: [],
        detail: 'connect: refused',
      }),
    },
  )
  .wait(SECOND)
  .ask(
    'sign_out',
    { kind: 'good' },
    {
      sent: '18aa3e',
      exchange: exchange({
        url: 'http://127.0.0.1:43117/api/logout',
        tookMs: 21,
        request: ['{"refreshToken":"[18aa3e]"}'],
        response: ['{"ok":true}'],
        detail: 'The server took note of the sign-out.',
      }),
    },
  )
  .wait(9 * SECOND)
  .signIn('61d3c0', '2be9f5')
  .wait(3 * SECOND)
  .lab('stop', 'on')
  .note({ kind: 'app', did: 'stop_in_mid_refresh' })
  .note({ kind: 'app', did: 'start_again' })
  .refresh('launch', '2be9f5', '0d8e72', 'f41c96', 'restoring').entries;

/** As many as the app remembers: refreshes, one after another. */
export function fullActivity(count = 4_000): Entry[] {
  const scribe = new Scribe(NOW - count * 3 * SECOND).start().signIn(name(0), name(1));
  for (let at = 2; scribe.entries.length < count; at += 2) {
    scribe.wait(16 * SECOND).refresh('deadline', name(at - 1), name(at), name(at + 1));
  }
  return scribe.entries.slice(0, count);
}

function name(at: number): string {
  return ((at * 2_654_435_761) % 0x1000000).toString(16).padStart(6, '0');
}

export const jwtDetails: TokenDetails = {
  access: {
    fingerprint: 'a3f09b',
    length: 412,
    jwt: {
      header: [
        { name: 'alg', value: '"RS256"', atMs: null },
        { name: 'typ', value: '"at+jwt"', atMs: null },
        { name: 'kid', value: '"2026-11"', atMs: null },
      ],
      claims: [
        { name: 'iss', value: '"http://127.0.0.1:43117"', atMs: null },
        { name: 'sub', value: '"alice"', atMs: null },
        { name: 'aud', value: '["api"]', atMs: null },
        ...time('iat', NOW - 7 * SECOND),
        ...time('exp', NOW + 13 * SECOND),
        ...time('auth_time', NOW - 3 * HOUR),
        { name: 'scope', value: '"profile orders:read"', atMs: null },
        { name: 'jti', value: '"[5be1c2]"', atMs: null },
        { name: 'tenant', value: '{"id":7,"plan":"team"}', atMs: null },
      ],
    },
  },
  refresh: { fingerprint: 'd2518c', length: 43, jwt: null },
  sessionEndsMs: NOW + 21 * HOUR,
};

export const opaqueDetails: TokenDetails = {
  access: { fingerprint: 'a3f09b', length: 43, jwt: null },
  refresh: { fingerprint: 'd2518c', length: 43, jwt: null },
  sessionEndsMs: null,
};

function time(name: string, atMs: number): { name: string; value: string; atMs: number }[] {
  return [{ name, value: String(atMs / SECOND), atMs }];
}

export const activities: Record<string, () => Entry[]> = {
  rich: () => richActivity,
  full: () => fullActivity(),
  empty: () => [],
};
