/** Imports a peer from beside this file, where `npm ci` put it. */
export const load = (name: string): Promise<unknown> => import(name);
