import { describe, expect, it } from 'vitest';
import { lines, type Line } from '../src/activity/group';
import { ALL, sift } from '../src/activity/sieve';
import type { Entry } from '../src/contract';
import { Scribe } from '../src/gallery/activity-fixtures';
import { NOW, SECOND } from '../src/gallery/parts';

/** Each line as its kind, with a mark before it where it stands under another. */
function shape(entries: Entry[]): string[] {
  return lines(entries).map(mark);
}

function mark({ entry, under }: Line): string {
  const { what } = entry;
  const name = what.kind === 'decision' ? what.input : what.kind === 'disk' ? what.step : what.kind;
  return under === null ? name : `- ${name}`;
}

function scribe(): Scribe {
  return new Scribe(NOW);
}

describe('what belongs together', () => {
  it('is a refresh with all its steps, under what set it off', () => {
    expect(shape(scribe().refresh('focus', 'a', 'b', 'c').entries)).toEqual([
      'came',
      '- locked',
      '- intent_written',
      '- exchange',
      '- answer_saved',
      '- renewed',
    ]);
  });

  it('is each try by itself', () => {
    const entries = scribe()
      .fail('deadline', 'a', 'unknown_outcome', {}, SECOND)
      .refresh('deadline', 'a', 'b', 'c', 'waiting').entries;
    const all = lines(entries);
    expect(new Set(all.map(({ under }) => under)).size).toBe(3);
    expect(all.filter(({ under }) => under === null).map(mark)).toEqual(['tick', 'tick']);
  });

  it('holds what only joins the refresh that runs, and not what goes on beside it', () => {
    const entries = scribe()
      .decide('came', ['resting', 'refreshing'], ['refresh'], { trigger: 'wake' })
      .ask('api', { kind: 'good' })
      .lab('latencyMs', '200 ms')
      .decide('came', ['refreshing', 'refreshing'], [], { trigger: 'focus' })
      .ask('refresh', { kind: 'good' }, { sent: 'a' })
      .decide('renewed', ['refreshing', 'resting'], ['expose'])
      .disk('answer_saved')
      .decide('saved', ['resting', 'resting'])
      .decide('came', ['resting', 'resting'], [], { trigger: 'focus' })
      .disk('read').entries;
    expect(shape(entries)).toEqual([
      'came',
      'exchange',
      'switch',
      '- came',
      '- exchange',
      '- renewed',
      '- answer_saved',
      '- saved',
      'came',
      'read',
    ]);
  });

  it('is a sign-in with what was saved of it, and a sign-out with what the server was told', () => {
    const entries = scribe()
      .signIn('a', 'b')
      .decide('signed_out', ['resting', 'signed_out'], ['forget'])
      .disk('sign_out_saved')
      .ask('sign_out', { kind: 'good' }).entries;
    expect(shape(entries)).toEqual([
      'exchange',
      '- sign_in_saved',
      '- signed_in',
      'signed_out',
      '- sign_out_saved',
      '- exchange',
    ]);
  });

  it('ends when the app does', () => {
    const entries = scribe()
      .decide('tick', ['resting', 'refreshing'], ['refresh'])
      .disk('intent_written')
      .note({ kind: 'app', did: 'stop_in_mid_refresh' })
      .disk('read').entries;
    expect(shape(entries)).toEqual(['tick', '- intent_written', 'app', 'read']);
    const restarted = scribe().decide('tick', ['resting', 'refreshing'], ['refresh']).start();
    expect(shape(restarted.disk('read').entries)).toEqual(['tick', 'app', 'read']);
  });

  it('stands by itself where what set it off is hidden', () => {
    const all = lines(scribe().refresh('focus', 'a', 'b', 'c').entries);
    const requests = sift(all, { ...ALL, kinds: ['requests'] }, () => '');
    expect(requests.map(mark)).toEqual(['exchange']);
  });
});
