import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Holds at most so many connections. When all places are taken, a connection that waits for nothing makes room for the
 * new one: of the address that holds most, the one that has been idle longest. So thousands of idle ones do not shut
 * WeChat out, whose addresses are many; and behind a proxy, where all come from one address, simply the longest idle goes.
 */
export function keepPlaces(server: Server, most: number): void {
  /** Those that moved last come last. */
  const places = new Map<Socket, { address: string; request?: IncomingMessage }>();
  const held = new Map<string, number>();

  const heldBy = (address: string): number => held.get(address) ?? 0;

  function leave(socket: Socket): void {
    const place = places.get(socket);
    if (!place) return;
    places.delete(socket);
    const left = heldBy(place.address) - 1;
    if (left === 0) held.delete(place.address);
    else held.set(place.address, left);
  }

  /** A request that is not whole yet is worth nothing: it may never be. */
  function idlest(): Socket | undefined {
    let found: { socket: Socket; held: number } | undefined;
    for (const [socket, { address, request }] of places) {
      if (request?.complete) continue;
      if (!found || heldBy(address) > found.held) found = { socket, held: heldBy(address) };
    }
    return found?.socket;
  }

  server.on('connection', (socket: Socket) => {
    if (places.size >= most) {
      const goes = idlest() ?? socket;
      leave(goes);
      goes.destroy();
      if (goes === socket) return;
    }
    const address = socket.remoteAddress ?? '';
    places.set(socket, { address });
    held.set(address, heldBy(address) + 1);
    socket.once('close', () => leave(socket));
  });

  server.on('request', (request, response) => {
    const { socket } = request;
    const place = places.get(socket);
    if (!place) return;
    place.request = request;
    response.once('close', () => {
      // A pipelined one may have come meanwhile.
      if (place.request !== request || !places.delete(socket)) return;
      delete place.request;
      places.set(socket, place);
    });
  });
}
