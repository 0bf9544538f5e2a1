declare module 'kinesalite' {
  import type { Server } from 'node:http';
  /** It brings no types of its own. */
  export default function kinesalite(options: object): Server;
}
