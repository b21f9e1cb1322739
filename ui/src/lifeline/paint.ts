// Draws a life on a canvas: a month of short tokens has too many bars for elements of their own.
import { acted, PATHS, shapeOf, type Shape } from './shapes';
import type { Cluster, Piece } from './pieces';
import { failedIn, type Life } from './life';
import type { Tick } from './ticks';

/** Where things stand, in pixels from the top. */
export const HEIGHT = 148;
export const ROWS = [18, 46] as const;
export const BAR = 20;
export const AXIS = 104;
const LABELS = AXIS + 30;
const NOW_FROM = 6;
const LABEL_PX = 12;

/** Below this width a bar is too small for round ends, a renewal window or a dashed line. */
const DETAIL = 9;

export type Palette = Record<
  'ink' | 'soft' | 'faint' | 'line' | 'rest' | 'edge' | 'good' | 'waiting' | 'ended' | 'raised',
  string
> & { font: string };

export type Scene = {
  width: number;
  life: Life;
  pieces: readonly Piece[];
  clusters: readonly Cluster[];
  ticks: readonly Tick[];
  /** The token that is in use, by its index, and how much of its bar has grown. */
  present: number;
  grown: number;
  /** Where the renewal window of a token begins, by its index. */
  renewsX: (index: number) => number | null;
  planned: { x0: number; x1: number; row: 0 | 1 } | null;
  now: { x: number; text: string };
  next: { x: number; labelX: number; text: string; far: boolean; planned: boolean } | null;
  chosen: { kind: 'token' | 'mark' | 'planned'; first: number } | null;
  focused: boolean;
};

/** The colours as the theme has them now. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of('ink'),
    soft: of('soft'),
    faint: of('faint'),
    line: of('line'),
    rest: of('rest'),
    edge: of('field-line'),
    good: of('good'),
    waiting: of('waiting'),
    ended: of('ended'),
    raised: of('raised'),
    font: style.fontFamily,
  };
}

export function paint(to: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  to.clearRect(0, 0, scene.width, HEIGHT);
  for (const piece of scene.pieces) paintPiece(to, piece, scene, palette);
  if (scene.planned) paintPlanned(to, scene.planned, scene, palette);
  paintAxis(to, scene, palette);
  for (const cluster of scene.clusters) paintCluster(to, cluster, scene, palette);
}

function paintPiece(
  to: CanvasRenderingContext2D,
  piece: Piece,
  { width, present, grown, chosen, renewsX }: Scene,
  palette: Palette,
): void {
  const isPresent = piece.first === present && piece.row !== null;
  const top = ROWS[piece.row ?? 0];
  const height = piece.row === null ? ROWS[1] + BAR - ROWS[0] : BAR;
  // What is beyond the edges is not drawn; its ends stay as round as they are.
  const x0 = Math.max(piece.x0, -BAR);
  const end = piece.x0 + (piece.x1 - piece.x0) * (isPresent ? grown : 1);
  const wide = Math.max(Math.min(end, width + BAR) - x0, isPresent ? 2 : 1);
  const round = wide < DETAIL ? Math.min(2, wide / 3) : Math.min(BAR / 2, wide / 2);
  to.beginPath();
  if (round < 1) to.rect(x0, top, wide, height);
  else to.roundRect(x0, top, wide, height, round);
  to.fillStyle = isPresent ? palette.good : palette.rest;
  to.fill();
  const renews = piece.row === null || wide < DETAIL ? null : renewsX(piece.first);
  if (renews !== null && renews < x0 + wide) {
    to.save();
    to.clip();
    to.fillStyle = isPresent ? palette.raised : palette.edge;
    to.globalAlpha = isPresent ? 0.45 : 0.22;
    to.fillRect(Math.max(renews, x0), top, x0 + wide - Math.max(renews, x0), height);
    to.restore();
  }
  const isChosen = chosen?.kind === 'token' && chosen.first === piece.first;
  if (isChosen || !isPresent) {
    to.lineWidth = isChosen ? 2 : 1;
    to.strokeStyle = isChosen ? palette.ink : palette.edge;
    to.stroke();
  }
}

function paintPlanned(
  to: CanvasRenderingContext2D,
  { x0, x1, row }: { x0: number; x1: number; row: 0 | 1 },
  { width, chosen }: Scene,
  palette: Palette,
): void {
  const from = Math.max(x0, -BAR);
  const wide = Math.max(2, Math.min(x1, width + BAR) - from);
  if (wide <= 0 || from > width) return;
  to.beginPath();
  to.roundRect(from, ROWS[row] + 0.5, wide, BAR - 1, Math.min(BAR / 2, wide / 2));
  to.lineWidth = chosen?.kind === 'planned' ? 2 : 1;
  to.strokeStyle = chosen?.kind === 'planned' ? palette.ink : palette.good;
  to.setLineDash([4, 3]);
  to.stroke();
  to.setLineDash([]);
}

function paintAxis(to: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const { width, now, next } = scene;
  to.strokeStyle = palette.line;
  to.lineWidth = 1;
  to.beginPath();
  to.moveTo(0, AXIS + 0.5);
  to.lineTo(width, AXIS + 0.5);
  for (const { x } of scene.ticks) {
    const at = Math.round(x) + 0.5;
    to.moveTo(at, AXIS);
    to.lineTo(at, AXIS + 6);
  }
  to.stroke();
  to.font = `${LABEL_PX}px ${palette.font}`;
  to.textAlign = 'center';
  to.fillStyle = palette.faint;
  for (const { x, text } of scene.ticks) to.fillText(text, x, LABELS);

  if (next) {
    to.strokeStyle = next.planned ? palette.good : palette.waiting;
    to.beginPath();
    if (next.far) {
      to.lineWidth = 2;
      to.moveTo(next.x - 8, AXIS - 5);
      to.lineTo(next.x - 2, AXIS);
      to.lineTo(next.x - 8, AXIS + 5);
      to.stroke();
    } else {
      to.setLineDash([2, 3]);
      to.moveTo(next.x, NOW_FROM + 4);
      to.lineTo(next.x, AXIS + 6);
      to.stroke();
      to.setLineDash([]);
    }
    to.fillStyle = palette.soft;
    to.textAlign = 'left';
    to.fillText(next.text, next.labelX, LABELS);
  }
  if (now.x >= -1 && now.x <= width + 1) {
    to.strokeStyle = palette.ink;
    to.lineWidth = 2;
    to.beginPath();
    to.moveTo(now.x, NOW_FROM);
    to.lineTo(now.x, AXIS + 10);
    to.stroke();
    to.fillStyle = palette.soft;
    to.textAlign = 'center';
    to.fillText(now.text, now.x, LABELS);
  }
}

function paintCluster(
  to: CanvasRenderingContext2D,
  cluster: Cluster,
  { life, chosen, focused }: Scene,
  palette: Palette,
): void {
  const mark = life.marks[cluster.first];
  if (!mark) return;
  const isChosen = chosen?.kind === 'mark' && chosen.first === cluster.first;
  const count = cluster.last - cluster.first;
  to.save();
  to.translate(cluster.x, AXIS);
  if (count === 1) {
    paintShape(to, shapeOf(mark.kind), acted(mark), palette);
  } else {
    const failed = failedIn(life, cluster);
    to.beginPath();
    to.roundRect(-10.5, -8, 21, 16, 8);
    to.fillStyle = palette.raised;
    to.fill();
    to.strokeStyle = failed ? palette.ended : palette.ink;
    to.lineWidth = failed ? 2 : 1.5;
    to.stroke();
    to.font = `600 ${count > 99 ? 9 : 11}px ${palette.font}`;
    to.textAlign = 'center';
    to.fillStyle = palette.ink;
    to.fillText(count > 99 ? '99+' : String(count), 0, count > 99 ? 3.2 : 4);
  }
  if (isChosen) {
    to.beginPath();
    to.roundRect(-13, -11, 26, 22, 11);
    to.strokeStyle = focused ? palette.good : palette.ink;
    to.lineWidth = 2;
    to.stroke();
  }
  to.restore();
}

const paths = new Map<Shape, Path2D>();

function paintShape(
  to: CanvasRenderingContext2D,
  shape: Shape,
  filled: boolean,
  palette: Palette,
): void {
  const path = paths.get(shape) ?? new Path2D(PATHS[shape]);
  paths.set(shape, path);
  to.lineJoin = 'round';
  to.lineCap = 'round';
  if (shape === 'failure') {
    to.strokeStyle = palette.ended;
    to.lineWidth = 2.5;
    to.stroke(path);
    return;
  }
  to.fillStyle = filled ? palette.ink : palette.raised;
  to.fill(path);
  to.strokeStyle = filled ? palette.ink : palette.faint;
  to.lineWidth = filled ? 1 : 1.5;
  to.stroke(path);
}
