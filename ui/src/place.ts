// Where one can go in the window.
export const PLACES = ['session', 'activity', 'lab', 'settings'] as const;

export type Place = (typeof PLACES)[number];
