/*
 * Opens a workbook in a process of its own: `fork(open-xlsx.js)`, send the bytes, get the sheets as plain data, or `{error}`.
 *
 * What a workbook declares costs more than what it holds, and no list of traps is ever complete: whatever it makes the
 * library do ends with this process, by the memory that `fork` gives it or by the time below. Plain JavaScript: it runs as
 * it lies here, from a build as well as from the tests.
 */
'use strict';
const { Worker } = require('node:worker_threads');
const formats = require('exceljs/lib/xlsx/defaultnumformats');

// Formats that every Excel has without writing them down. The library knows no language, and 12月31日 is a number to it.
for (const known of Object.values(formats)) known.f ??= known['zh-cn'];
formats[22].f = 'm/d/yy h:mm';

const ExcelJS = require('exceljs');
const BaseXform = require('exceljs/lib/xlsx/xform/base-xform');
const TextXform = require('exceljs/lib/xlsx/xform/strings/text-xform');
const WorkSheetXform = require('exceljs/lib/xlsx/xform/sheet/worksheet-xform');

const longestMs = 60_000;
// A thread, since a timer of our own would wait for the very work that it shall end; also when nobody waits for us any more.
new Worker(`setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${longestMs})`, { eval: true }).unref();

// The library decodes `_xHHHH_` in shared texts only, and not all of it. Here nowhere: who reads a cell does it, once.
Object.defineProperty(TextXform.prototype, 'model', {
  get() {
    return this._text.join('');
  },
});

// `<x:row>` is a `<row>` where x stands for what these files are written in. The library knows tags by the letter.
const plain = new Map([
  ['http://schemas.openxmlformats.org/spreadsheetml/2006/main', ''],
  ['http://purl.oclc.org/ooxml/spreadsheetml/main', ''],
  ['http://schemas.openxmlformats.org/package/2006/relationships', ''],
  ['http://schemas.openxmlformats.org/officeDocument/2006/relationships', 'r:'],
  ['http://purl.oclc.org/ooxml/officeDocument/relationships', 'r:'],
]);

const { parse } = BaseXform.prototype;
BaseXform.prototype.parse = function (batches) {
  return parse.call(this, named(batches));
};

async function* named(batches) {
  const prefixes = new Map();
  const inPlain = (name) => {
    const at = name.indexOf(':');
    const prefix = at === -1 ? undefined : prefixes.get(name.slice(0, at));
    return prefix === undefined ? name : `${prefix}${name.slice(at + 1)}`;
  };
  for await (const events of batches) {
    for (const event of events) {
      if (event.eventType === 'text') continue;
      const { name, attributes } = event.value;
      for (const [key, uri] of Object.entries(attributes)) {
        const prefix = key.slice('xmlns:'.length);
        if (key.startsWith('xmlns:') && plain.has(uri) && plain.get(uri) !== `${prefix}:`)
          prefixes.set(prefix, plain.get(uri));
      }
      if (prefixes.size === 0) continue;
      // A copy: the parser goes by the name to find the end of the tag.
      event.value = {
        ...event.value,
        name: inPlain(name),
        attributes: Object.fromEntries(
          Object.entries(attributes).map(([key, value]) => [inPlain(key), value]),
        ),
      };
    }
    yield events;
  }
}

// Notes, links and pictures hang on a sheet by its relations. None is read, and the library fails of notes that lie elsewhere.
const { reconcile } = WorkSheetXform.prototype;
WorkSheetXform.prototype.reconcile = function (model, options) {
  model.relationships = [];
  reconcile.call(this, model, options);
};

const unread = [
  'autoFilter',
  'conditionalFormatting',
  'dataValidations',
  'drawing',
  'extLst',
  'headerFooter',
  'hyperlinks',
  'picture',
  'rowBreaks',
  'tableParts',
];

process.once('message', (bytes) => {
  void open(bytes)
    .catch((error) => ({ error: String(error) }))
    .then((answer) => process.send(answer)); // then it waits: who asked ends it once all of it has arrived
});

async function open(bytes) {
  const workbook = new ExcelJS.Workbook();
  // A name for a range would be kept cell by cell; we ask for none.
  Object.defineProperty(workbook.definedNames, 'model', { set() {} });
  await workbook.xlsx.load(Buffer.from(bytes), { ignoreNodes: unread });
  return workbook.worksheets.map((sheet) => {
    const rows = [];
    sheet.eachRow((row, line) => {
      const cells = [];
      row.eachCell((cell, column) =>
        cells.push({ address: cell.address, column, value: cell.value, format: cell.numFmt }),
      );
      rows.push({ line, hidden: row.hidden, cells });
    });
    const hiddenColumns = (sheet.columns ?? []).flatMap(({ number, hidden }) => (hidden ? [number] : []));
    return { name: sheet.name, hidden: sheet.state !== 'visible', hiddenColumns, rows };
  });
}
