// Where one can go in the window.
export const PLACES = ['session', 'activity', 'lab', 'settings'] as const;

export type Place = (typeof PLACES)[number];

/** What stands in the session's place for a while. `testing`: to know a server, and no more for now. */
export type Form = { kind: 'add'; testing: boolean } | { kind: 'change'; id: string };
