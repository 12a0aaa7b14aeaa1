// validate.mjs SHAPES.ttl EXPORT.jsonld...: each export as RDF against the
// shapes of CASE/UCO. "conforms FILE", or "FILE: PATH: WHY" for each result
// that is a violation. What is not of the ontology is a violation too. Runs
// where its packages are installed. Loads no context from anywhere.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import jsonld from 'jsonld';
import { Parser, Store, DataFactory } from 'n3';
import Validator from 'rdf-validate-shacl';

const SH = 'http://www.w3.org/ns/shacl#';
const SUB = 'http://www.w3.org/2000/01/rdf-schema#subClassOf';
const TYPE = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type';
const OURS = /^https:\/\/ontology\.(unifiedcyber|case)ontology\.org\//;

const [shapesFile, ...files] = process.argv.slice(2);
const shapes = new Store(new Parser().parse(
    readFileSync(shapesFile, 'utf8')));
// constraints in SPARQL are for other engines, and all imports are here
for (const p of [SH + 'sparql', 'http://www.w3.org/2002/07/owl#imports'])
	for (const q of [...shapes.match(null, DataFactory.namedNode(p))])
		shapes.delete(q);

async function load(file) {
	const nquads = await jsonld.toRDF(
	    JSON.parse(readFileSync(file, 'utf8')), {
		format: 'application/n-quads', safe: true,
		documentLoader: (url) => {
			throw new Error('asks for ' + url);
		} });
	return new Store(new Parser({ format: 'N-Quads' }).parse(nquads));
}

let bad = 0;
for (const file of files) {
	const why = [];
	try {
		const data = await load(file);
		for (const q of data)
			for (const t of q.predicate.value === TYPE ?
			    [q.object] : [q.predicate])
				if (OURS.test(t.value) &&
				    shapes.countQuads(t, null, null) === 0)
					why.push(t.value + ': is no term of the ontology');
		for (const q of shapes.match(null, DataFactory.namedNode(SUB)))
			data.add(q);
		const report = await new Validator(shapes).validate(data);
		for (const r of report.results)
			if (r.severity.value === SH + 'Violation')
				why.push(`${r.focusNode?.value} ${r.path?.value}: ` +
				    (r.message.map((m) => m.value).join(' ') ||
				    r.sourceConstraintComponent?.value));
	} catch (e) {
		why.push(e.message);
	}
	for (const w of why)
		console.log(`${basename(file)}: ${w}`);
	if (why.length === 0)
		console.log('conforms ' + basename(file));
	bad += why.length > 0;
}
process.exit(bad ? 1 : 0);
