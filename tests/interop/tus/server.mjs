// server.mjs TLS-DIR DIRECTORY relative|stock: @tus/server over TLS on
// loopback; prints its port.
import fs from 'node:fs';
import https from 'node:https';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';

const [tls, directory, kind] = process.argv.slice(2);
const server = new Server({
	path: '/files',
	relativeLocation: kind === 'relative',
	datastore: new FileStore({ directory }),
});
const listener = https.createServer({
	cert: fs.readFileSync(`${tls}/server.pem`),
	key: fs.readFileSync(`${tls}/server.key`),
}, server.handle.bind(server));
listener.listen(0, '127.0.0.1', () => console.log(listener.address().port));
setTimeout(() => process.exit(0), 120000).unref();
