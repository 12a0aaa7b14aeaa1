// upload.mjs ENDPOINT TLS-DIR FILE SHA256: tus-js-client uploads FILE in
// pieces, gives up after the first, and resumes from what it remembers.
import fs from 'node:fs';
import * as tus from 'tus-js-client';

const [endpoint, tls, file, sha256] = process.argv.slice(2);
const httpStack = new tus.DefaultHttpStack({
	ca: fs.readFileSync(`${tls}/ca.pem`),
	cert: fs.readFileSync(`${tls}/client.pem`),
	key: fs.readFileSync(`${tls}/client.key`),
});

function upload(uploadUrl, stopAfter) {
	return new Promise((resolve, reject) => {
		const u = new tus.Upload(fs.createReadStream(file), {
			endpoint, uploadUrl, httpStack,
			uploadSize: fs.statSync(file).size,
			chunkSize: 1000000,
			metadata: { filename: 'ä, b', sha256 },
			retryDelays: [0, 100, 500],
			onError: reject,
			onSuccess: () => resolve(u.url),
			onChunkComplete: (size, done) => {
				if (done >= stopAfter)
					u.abort().then(() => resolve(u.url), reject);
			},
		});
		u.start();
	});
}

const url = await upload(undefined, 1000000);
console.log(`aborted ${url}`);
const again = await upload(url, Infinity);
if (again !== url)
	throw new Error(`went on at ${again}`);
console.log(`uploaded ${again}`);
