// extensions.mjs ENDPOINT TLS-DIR FILE: tus-js-client sends FILE twice: with
// the first bytes in the creation, and as a stream whose length is said last.
// After each the upload is whole: HEAD says so.
import fs from 'node:fs';
import https from 'node:https';
import { PassThrough } from 'node:stream';
import * as tus from 'tus-js-client';

const [endpoint, tls, file] = process.argv.slice(2);
const size = fs.statSync(file).size;
const keys = {
	ca: fs.readFileSync(`${tls}/ca.pem`),
	cert: fs.readFileSync(`${tls}/client.pem`),
	key: fs.readFileSync(`${tls}/client.key`),
};

// Not the file's own stream: of that the client takes the length for known
function upload(options) {
	return new Promise((resolve, reject) => {
		const from = fs.createReadStream(file);
		const u = new tus.Upload(options.uploadLengthDeferred ?
			from.pipe(new PassThrough()) : from, {
			endpoint, httpStack: new tus.DefaultHttpStack(keys),
			chunkSize: 1000000, retryDelays: [0, 100, 500],
			onError: reject, onSuccess: () => resolve(u.url),
			...options,
		});
		u.start();
	});
}

function offsetOf(url) {
	return new Promise((resolve, reject) => {
		https.request(url, { ...keys, method: 'HEAD',
			headers: { 'Tus-Resumable': '1.0.0' } }, (r) => {
			r.resume();
			resolve([r.headers['upload-offset'],
				r.headers['upload-length']].join());
		}).on('error', reject).end();
	});
}

for (const options of [
	{ uploadSize: size, uploadDataDuringCreation: true },
	{ uploadLengthDeferred: true },
	{ uploadLengthDeferred: true, uploadDataDuringCreation: true },
]) {
	const url = await upload(options);
	const at = await offsetOf(url);
	if (at !== `${size},${size}`)
		throw new Error(`${JSON.stringify(options)}: ${url} is at ${at}`);
	console.log(`${Object.keys(options)}: ${url}`);
}
