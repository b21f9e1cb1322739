/** Does what a switch stands for; answers whether it went well. What went wrong is said by its row. */
export type Turn = (action: () => Promise<unknown>) => Promise<boolean>;
