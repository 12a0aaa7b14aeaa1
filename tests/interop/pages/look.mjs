// look.mjs OUT {--page PAGE.html [TEXT...] [--count SELECTOR N]...}...: opens
// pages in a headless Chromium. Each must load nothing but itself, log nothing,
// run no script, hold each TEXT as text and N elements of each SELECTOR, and fit
// into 375 px, where a table that is cut must say so, and onto paper. Prints "ok PAGE", or
// "FAILED: PAGE: WHY" lines. Screenshots and PDFs go into OUT.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [out, ...args] = process.argv.slice(2);
const pages = [];
for (let i = 0; i < args.length; i++) {
	if (args[i] === '--page')
		pages.push({ page: args[++i], texts: [], counts: [] });
	else if (args[i] === '--count')
		pages.at(-1).counts.push([args[++i], Number(args[++i])]);
	else
		pages.at(-1).texts.push(args[i]);
}
let url;
const profile = mkdtempSync(join(tmpdir(), 'pages.'));
const browser = spawn(process.env.CHROMIUM ?? 'chromium', [
	'--headless=new', '--no-sandbox', '--disable-gpu',
	'--disable-dev-shm-usage', '--disable-background-networking',
	'--disable-component-update', '--no-first-run', '--hide-scrollbars',
	'--remote-debugging-pipe', '--user-data-dir=' + profile, 'about:blank',
], { stdio: ['ignore', openSync(join(out, 'chromium.log'), 'a'),
	openSync(join(out, 'chromium.log'), 'a'), 'pipe', 'pipe'] });
const waiting = new Map();
let failures = [], requests = [], said = [];
let next = 1, session, loaded = () => {};

let rest = '';
browser.stdio[4].on('data', (data) => {
	const parts = (rest + data).split('\0');
	rest = parts.pop();
	parts.forEach((p) => take(JSON.parse(p)));
});
browser.on('exit', (code) => {
	if (!done) {
		console.log('chromium ended early: ' + code);
		process.exit(3);
	}
});
let done = false;

function take(m) {
	if (m.id) {
		const { ok, no } = waiting.get(m.id);
		waiting.delete(m.id);
		if (m.error)
			no(new Error(m.error.message));
		else
			ok(m.result);
	} else if (m.method === 'Page.loadEventFired') {
		loaded();
	} else if (m.method === 'Network.requestWillBeSent') {
		requests.push(m.params.request.url);
	} else if (m.method === 'Log.entryAdded') {
		said.push(m.params.entry.text);
	} else if (m.method === 'Runtime.consoleAPICalled' ||
	    m.method === 'Runtime.exceptionThrown') {
		said.push(JSON.stringify(m.params));
	}
}

function call(method, params = {}) {
	const id = next++;
	browser.stdio[3].write(JSON.stringify({ id, method, params,
		sessionId: session }) + '\0');
	return new Promise((ok, no) => waiting.set(id, { ok, no }));
}

async function evaluate(expression) {
	const r = await call('Runtime.evaluate',
	    { expression, returnByValue: true });
	return r.result.value;
}

function check(ok, what) {
	if (!ok)
		failures.push(what);
}

async function open(width, name) {
	await call('Emulation.setDeviceMetricsOverride', { width, height: 900,
		deviceScaleFactor: 1, mobile: width < 600 });
	const load = new Promise((ok) => { loaded = ok; });
	await call('Page.navigate', { url });
	await load;
	const wide = await evaluate('document.documentElement.scrollWidth');
	check(wide <= width, `${wide} px wide at ${width}`);
	const mute = await evaluate(`[...document.querySelectorAll('.wide')]
	    .filter((e) => e.scrollWidth > e.clientWidth && getComputedStyle(e,
	    '::before').content === 'none').length`);
	check(width >= 600 || mute === 0,
	    `${mute} tables are cut at ${width} and do not say so`);
	const shot = await call('Page.captureScreenshot',
	    { captureBeyondViewport: true });
	writeFileSync(join(out, name), Buffer.from(shot.data, 'base64'));
}

async function print(name, w, h) {
	const r = await call('Page.printToPDF',
	    { paperWidth: w, paperHeight: h, printBackground: true });
	const pdf = Buffer.from(r.data, 'base64');
	check(pdf.subarray(0, 5).toString() === '%PDF-', name + ' is no PDF');
	writeFileSync(join(out, name), pdf);
}

async function look(page, texts, counts) {
	url = pathToFileURL(resolve(page)).href;
	failures = [];
	requests = [];
	said = [];
	session = undefined;
	const { targetId } = await call('Target.createTarget',
	    { url: 'about:blank' });
	const r = await call('Target.attachToTarget',
	    { targetId, flatten: true });
	session = r.sessionId;
	for (const d of ['Page', 'Runtime', 'Log', 'Network'])
		await call(d + '.enable');
	const name = basename(page, '.html');
	await open(1280, name + '-1280.png');
	await open(375, name + '-375.png');
	await print(name + '-a4.pdf', 8.27, 11.69);
	await print(name + '-letter.pdf', 8.5, 11);
	const body = await evaluate('document.body.innerText');
	for (const t of texts)
		check(body.includes(t), 'not shown: ' + t);
	for (const [selector, n] of counts) {
		const is = await evaluate('document.querySelectorAll(' +
		    JSON.stringify(selector) + ').length');
		check(is === n, `${is} and not ${n} of ${selector}`);
	}
	check(await evaluate('document.scripts.length') === 0, 'a script');
	check(await evaluate(`[...document.querySelectorAll('*')].every(
	    (e) => [...e.attributes].every((a) => !/^on|^(src|href)$/i.test(
	    a.name)))`), 'an attribute that loads or runs something');
	check(requests.length > 0 && requests.every((u) => u === url),
	    'requests: ' + requests.filter((u) => u !== url).join(' '));
	check(said.length === 0, 'console: ' + said.join('; '));
	session = undefined;
	await call('Target.closeTarget', { targetId });
}

const limit = setTimeout(() => {
	console.log('FAILED: no answer for five minutes');
	browser.kill('SIGKILL');
	process.exit(3);
}, 300000);
let bad = 0;
for (const { page, texts, counts } of pages) {
	try {
		await look(page, texts, counts);
	} catch (e) {
		failures.push(e.stack);
	}
	bad += failures.length;
	for (const f of failures)
		console.log(`FAILED: ${basename(page)}: ${f}`);
	if (failures.length === 0)
		console.log(`ok ${basename(page)}`);
}
done = true;
const gone = new Promise((ok) => browser.on('exit', ok));
session = undefined;
call('Browser.close').catch(() => {});
await gone;
clearTimeout(limit);
rmSync(profile, { recursive: true, force: true, maxRetries: 20,
	retryDelay: 100 });
process.exit(bad ? 1 : 0);
