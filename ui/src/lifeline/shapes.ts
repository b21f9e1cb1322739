// One shape for each thing that can happen, so that nothing is told by colour alone.
import type { Mark, MarkKind, Trigger } from '../contract';

export type Shape = Trigger | 'sign_in' | 'sign_out' | 'failure';

export const SHAPES = [
  'sign_in',
  'sign_out',
  'launch',
  'focus',
  'wake',
  'network_back',
  'deadline',
  'token_wanted',
  'api_refused',
  'asked',
  'failure',
] as const satisfies readonly Shape[];

/** SVG path data around 0, at most 6 px each way. */
export const PATHS: Record<Shape, string> = {
  sign_in: 'M0-5L4.8-1.5L2.9 4.1H-2.9L-4.8-1.5Z',
  sign_out: 'M-5-1.8H5V1.8H-5Z',
  launch: 'M0-5L5 4H-5Z',
  focus: 'M-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0-8.4 0Z',
  wake: 'M-4-5L5 0L-4 5Z',
  network_back: 'M-5-4H5L0 5Z',
  deadline: 'M0-5.2L5.2 0L0 5.2L-5.2 0Z',
  token_wanted: 'M-1.6-5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5V-1.6H-1.6Z',
  api_refused: 'M-5-4.5L5 4.5V-4.5L-5 4.5Z',
  asked: 'M-4-4H4V4H-4Z',
  failure: 'M-4-4L4 4M4-4L-4 4',
};

export function shapeOf(kind: MarkKind): Shape {
  return kind.kind === 'refresh' || kind.kind === 'trigger' ? kind.trigger : kind.kind;
}

/** Whether something was done about it. */
export function acted(mark: Mark): boolean {
  return mark.kind.kind !== 'trigger';
}
