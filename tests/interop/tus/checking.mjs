// checking.mjs TLS-DIR FILE: a tus 1.0.0 server that checks checksums, which
// @tus/server does not. It finds fault with the first two pieces although
// they are right. Prints its port; an upload that is whole is put in FILE.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';

const [tls, file] = process.argv.slice(2);
const size = { all: 0 };
let data = Buffer.alloc(0);
let faults = 2;

function checked(req, body) {
	const [name, want] = (req.headers['upload-checksum'] ?? '').split(' ');
	const sum = crypto.createHash('sha256').update(body).digest('base64');
	return name === 'sha256' && want === sum && faults-- <= 0;
}

function patch(req, res, body) {
	if (Number(req.headers['upload-offset']) !== data.length)
		return res.writeHead(409).end();
	if (!checked(req, body))
		return res.writeHead(460).end();
	data = Buffer.concat([data, body]);
	if (data.length === size.all)
		fs.writeFileSync(file, data);
	return res.writeHead(204, { 'Upload-Offset': data.length }).end();
}

function answer(req, res, body) {
	res.setHeader('Tus-Resumable', '1.0.0');
	if (req.method === 'OPTIONS')
		return res.writeHead(204, {
			'Tus-Version': '1.0.0',
			'Tus-Extension': 'creation, checksum',
			'Tus-Checksum-Algorithm': 'md5, sha256',
		}).end();
	if (req.method === 'POST') {
		size.all = Number(req.headers['upload-length']);
		return res.writeHead(201, { Location: '/files/1' }).end();
	}
	if (req.method === 'HEAD')
		return res.writeHead(200, {
			'Upload-Offset': data.length,
			'Upload-Length': size.all,
			'Cache-Control': 'no-store',
		}).end();
	return patch(req, res, body);
}

const server = https.createServer({
	cert: fs.readFileSync(`${tls}/server.pem`),
	key: fs.readFileSync(`${tls}/server.key`),
}, (req, res) => {
	const parts = [];
	req.on('data', (part) => parts.push(part));
	req.on('end', () => answer(req, res, Buffer.concat(parts)));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
setTimeout(() => process.exit(0), 120000).unref();
