const preload = `
import net from 'node:net';
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'object' && first !== null && 'port' in first)
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest);
  if (typeof first !== 'number') return listen.call(this, first, ...rest);
  return listen.call(this, first, '127.0.0.1', ...rest.filter((each) => typeof each !== 'string'));
};
`;

/** Arguments of Node for a server that would listen on all interfaces, and cannot be told otherwise: on loopback alone. */
export const loopbackOnly: readonly string[] = ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
