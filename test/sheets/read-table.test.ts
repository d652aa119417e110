import { crc32, deflateRawSync } from 'node:zlib';
import ExcelJS from 'exceljs';
import iconv from 'iconv-lite';
import { tellProblem } from '../../src/sheets/problems';
import { readTable } from '../../src/sheets/read-table';

const read = (name: string, bytes: Buffer | string) => readTable({ name, bytes: Buffer.from(bytes) });
const told = async (name: string, bytes: Buffer | string) => {
  const table = await read(name, bytes);
  return table.problems.map((problem) => tellProblem(problem, table.unit));
};

const csv = 'id,name\r\nhz-1,西湖旅店\r\nhz-2,龍井山舍\r\n';
const expected = [
  { line: 2, cells: { id: 'hz-1', name: '西湖旅店' } },
  { line: 3, cells: { id: 'hz-2', name: '龍井山舍' } },
];

describe('CSV', () => {
  test.each([
    ['UTF-8', Buffer.from(csv), 'UTF-8'],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${csv}`), 'UTF-8'],
    ['GBK, as Excel saves it', iconv.encode(csv, 'gbk'), 'GBK'],
    ['GB 18030 with a rare character', iconv.encode(csv.replace('西', '㐂西'), 'gb18030'), 'GBK'],
    [
      'UTF-16, as Excel saves Unicode text',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(csv, 'utf16le')]),
      'UTF-16',
    ],
    ['UTF-16 of the other order', Buffer.from(`\uFEFF${csv}`, 'utf16le').swap16(), 'UTF-16'],
    ['UTF-16 without its mark', Buffer.from(csv, 'utf16le'), 'UTF-16'],
    ['UTF-16 of the other order without its mark', Buffer.from(csv, 'utf16le').swap16(), 'UTF-16'],
    ['Big5, as a Traditional Excel saves it', iconv.encode(csv, 'big5'), 'Big5'],
  ])('is read as %s', async (_, bytes, encoding) => {
    const table = await read('a.csv', bytes);
    expect(table.encoding).toBe(encoding);
    expect(table.rows.at(-1)).toEqual(expected.at(-1));
  });

  test('half UTF-8 and half GBK is refused, with the line', async () => {
    const mixed = Buffer.concat([
      iconv.encode('id,name\nhz-1,西湖旅店\n', 'gbk'),
      Buffer.from('hz-2,龍井山舍\n'),
    ]);
    await expect(read('a.csv', mixed)).rejects.toThrow('第 3 行是 UTF-8');
  });

  test('neither UTF-8 nor GBK is refused', async () => {
    await expect(read('a.csv', Buffer.from([0x69, 0x64, 0x0a, 0xff, 0xff, 0xff]))).rejects.toThrow(
      '認不出來',
    );
  });

  test('a table of channels from Taiwan says what its author wrote', async () => {
    const words = '歡迎入住！附近吃什麼、明天穿什麼，問我就行。';
    const text = `scene,name,words\r\nhotel-lobby,合作酒店前台桌卡,${words}\r\n`;
    const { rows, encoding } = await read('channels.csv', iconv.encode(text, 'big5'));
    expect(encoding).toBe('Big5');
    expect(rows).toEqual([{ line: 2, cells: { scene: 'hotel-lobby', name: '合作酒店前台桌卡', words } }]);
  });

  test.each<[string, Buffer, string]>([
    ['Shift-JIS', iconv.encode('id,name\n1,東京タワーのホテル\n', 'shift_jis'), '認不出來'],
    ['Shift-JIS without kana', iconv.encode('id,name\n1,東京駅前中央旅館新館\n', 'shift_jis'), '認不出來'],
    ['EUC-JP', iconv.encode('id,name\n1,東京タワーのホテルへようこそ\n', 'euc-jp'), '認不出來'],
    ['Russian', iconv.encode('id,name\n1,Гостиница Москва\n', 'windows-1251'), '認不出來'],
    ['French', iconv.encode('id,name\n1,Hôtel de la Grâce à Orléans\n', 'latin1'), '認不出來'],
    ['GBK that is valid UTF-8 as well', Buffer.from('id,name\n1,\xd2\xaa\xca\xa6\n', 'latin1'), '看不出是'],
    ['one character that is one in both', iconv.encode('id,name\n1,一\n', 'gbk'), '看不出是'],
    [
      'a line in Big5 among lines in GBK',
      Buffer.concat([
        iconv.encode('id,name\n1,西湖边的旅店很安静\n2,离地铁站走路五分钟\n', 'gbk'),
        iconv.encode('3,附近吃什麼明天穿什麼問我就行\n', 'big5'),
      ]),
      '讀不成中文',
    ],
    [
      'UTF-32',
      Buffer.from([...csv].flatMap((char) => [char.codePointAt(0)! & 255, char.codePointAt(0)! >> 8, 0, 0])),
      '認不出來',
    ],
  ])('%s is refused, never imported as something else', async (_, bytes, why) => {
    await expect(read('a.csv', bytes)).rejects.toThrow(why);
  });

  test('a line of rare characters among others is no other encoding', async () => {
    const text = 'id,name\n1,西湖边的旅店很安静\n2,鑫淼\n3,婺源篁岭\n';
    expect((await read('a.csv', iconv.encode(text, 'gbk'))).rows.at(1)).toEqual({
      line: 3,
      cells: { id: '2', name: '鑫淼' },
    });
  });

  test('English, and names with accents, need no encoding of their own', async () => {
    const text = 'id,name\n1,Café Zürich\n';
    expect((await read('a.csv', text)).rows).toEqual([{ line: 2, cells: { id: '1', name: 'Café Zürich' } }]);
    const foreign = '\uFEFFid,name\n1,Москва\n';
    expect((await read('a.csv', foreign)).rows).toEqual([{ line: 2, cells: { id: '1', name: 'Москва' } }]);
  });

  test('lines are counted as an editor shows them: empty lines, and line breaks in cells', async () => {
    const table = await read('a.csv', 'id,name\n\nhz-1,"西湖\n旅店"\n\n,\nhz-2,龍井\n');
    expect(table.rows).toEqual([
      { line: 3, cells: { id: 'hz-1', name: '西湖\n旅店' } },
      { line: 7, cells: { id: 'hz-2', name: '龍井' } },
    ]);
  });

  test('so they are where lines end as Windows ends them, or an old Mac', async () => {
    const rows = [
      { line: 2, cells: { id: 'hz-1', name: '西湖\n旅店\n二店' } },
      { line: 5, cells: { id: 'hz-2', name: '龍井' } },
    ];
    for (const end of ['\r\n', '\r'])
      expect(
        (await read('a.csv', `id,name${end}hz-1,"西湖${end}旅店${end}二店"${end}hz-2,龍井${end}`)).rows,
      ).toEqual(rows);
  });

  test('signs that stand in a name beside commas separate nothing, and what nobody sees is no part of it', async () => {
    const { columns } = await read('a.csv', '\uFEFFid\u200b,重量（公斤；含包裝）,name\uFEFF\n1,2,西湖\n');
    expect(columns).toEqual(['id', '重量（公斤；含包裝）', 'name']);
  });

  test('the line that Excel writes about its separator is no line of the table', async () => {
    expect((await read('a.csv', '\uFEFFsep=,\r\nid,name\r\nhz-1,西湖\r\n')).rows).toEqual([
      { line: 3, cells: { id: 'hz-1', name: '西湖' } },
    ]);
  });

  test('a comma too many is told by its line, and other rows are still checked', async () => {
    expect(await told('a.csv', 'id,name\nhz-1,西湖,旅店\nhz-2,龍井\n')).toEqual([
      '第 2 行「旅店」：這一行有 3 格，欄名只有 2 個；內容裡有逗號時，請用雙引號括起來',
    ]);
  });

  test('a quote that is not closed is told by where it began to go wrong', async () => {
    await expect(read('a.csv', 'id,name\nhz-1,"西湖\nhz-2,龍井\n')).rejects.toThrow(/雙引號沒有配對/);
  });

  test('a text written as a formula is told with its cure', async () => {
    const bytes = '訂單號,快遞單號\na,SF1\nb,="773123456789012345"\n';
    await expect(read('a.csv', bytes)).rejects.toThrow(/^第 3 行有 ="…".*設成「文字」/);
  });

  test('a text written as a formula and quoted as well is told by its cell', async () => {
    expect(await told('a.csv', 'id,tel\n1,"=""0571"""\n2,=_=\n')).toEqual([
      '第 2 行「="0571"」：是 ="…" 這樣的文字公式；請在試算表裡把這一欄設成「文字」、只留引號裡的內容，再另存成 CSV',
    ]);
  });

  test.each([
    ['id;name\n1;西湖\n', '分號'],
    ['id\tname\n1\t西湖\n', '定位鍵'],
    ['id，name\n1，西湖\n', '全形逗號'],
    ['id|name\n1|西湖\n', '豎線'],
    ['id;name,city\n1;西湖,杭州\n', '分號'],
    ['id\tname, city\n1\t西湖\n', '定位鍵'],
    ['id,name，city\n1,西湖，杭州\n', '全形逗號'],
    ['\uFEFFsep=;\nid;name\n', '分號'],
  ])('%j is separated by something else, and that is said', async (text, sign) => {
    await expect(read('a.csv', text)).rejects.toThrow(`欄與欄之間是${sign}`);
  });

  test.each(['\uFEFF\uFEFF', '\uFEFF', ''])(
    'marks of a byte order are no part of a cell: %j',
    async (mark) => {
      const text = `${mark}id,name\n${mark}hz-1,${mark}西湖\n`;
      expect((await read('a.csv', text)).rows).toEqual([{ line: 2, cells: { id: 'hz-1', name: '西湖' } }]);
      const quotedHead = `${mark}"id","name"\nhz-1,西湖\n`;
      expect((await read('a.csv', quotedHead)).columns).toEqual(['id', 'name']);
      const list = `${mark}[{"id":"hz-1"}]`;
      expect((await read('a.json', list)).rows).toEqual([{ line: 1, cells: { id: 'hz-1' } }]);
    },
  );

  test('a column named twice, or not at all, is told', async () => {
    expect(await told('a.csv', 'id,name,ID,,x\n1,2,3,4,5\n')).toEqual([
      '第 1 行 id 欄：這一欄出現了兩次，請刪去一個',
      '第 2 行「4」：這一格上面沒有欄名，請補上欄名或清空這一欄',
    ]);
  });

  test('limits hold: rows, columns, bytes', async () => {
    await expect(read('a.csv', `id\n${'1\n'.repeat(50_001)}`)).rejects.toThrow('超過 50000 行');
    await expect(read('a.csv', `${'a,'.repeat(101)}\n`)).rejects.toThrow('上限是 100 欄');
    await expect(read('a.csv', `${'a,'.repeat(1_000_000)}\n`)).rejects.toThrow('太長');
    await expect(read('a.csv', Buffer.alloc(20 * 1024 * 1024 + 1, 'a'))).rejects.toThrow('上限是 20 MB');
    await expect(read('a.csv', '')).rejects.toThrow('是空的');
  });

  test('a file of another kind is refused with what can be read', async () => {
    await expect(read('../../etc/passwd', 'root')).rejects.toThrow('.csv、.xlsx、.json');
    await expect(read('a.csv', Buffer.from([0, 1, 2, 3]))).rejects.toThrow('不是文字檔');
    for (const name of ['a.csv', 'a.json'])
      await expect(read(name, 'PK\x03\x04…')).rejects.toThrow('其實是 Excel 工作簿');
  });
});

describe('XLSX', () => {
  async function workbook(
    rows: ExcelJS.CellValue[][],
    change: (sheet: ExcelJS.Worksheet) => void = () => undefined,
  ): Promise<Buffer> {
    const book = new ExcelJS.Workbook();
    const sheet = book.addWorksheet('酒店');
    sheet.addRows(rows);
    change(sheet);
    return Buffer.from(await book.xlsx.writeBuffer());
  }

  test('is read as a person sees it: numbers, dates, times, rich text, links', async () => {
    const bytes = await workbook(
      [
        ['id', 'price_yuan', 'price_on', 'departs', 'name', 'book_url'],
        [
          'hz-1',
          388,
          new Date('2026-11-12T00:00:00Z'),
          new Date('1899-12-30T08:30:00Z'),
          { richText: [{ text: '西湖' }, { text: '旅店' }] },
          { text: 'https://example.com/a', hyperlink: 'https://example.com/a' },
        ],
      ],
      (sheet) => {
        sheet.getCell('D2').numFmt = 'h:mm';
      },
    );
    expect((await read('a.xlsx', bytes)).rows).toMatchObject([
      {
        line: 2,
        cells: {
          id: 'hz-1',
          price_yuan: '388',
          price_on: '2026-11-12',
          departs: '08:30',
          name: '西湖旅店',
          book_url: 'https://example.com/a',
        },
      },
    ]);
  });

  test('formulas and error values are refused by their address', async () => {
    const bytes = await workbook([
      ['id', 'price_yuan'],
      ['hz-1', { formula: '1+1', result: 2 }],
      ['hz-2', { error: '#N/A' }],
      ['hz-3', 3],
    ]);
    expect(await told('a.xlsx', bytes)).toEqual([
      '第 2 行「B2」：這一格是公式，請複製後「選擇性貼上 → 值」',
      '第 3 行「B3」：這一格是錯誤值 #N/A，請改正',
    ]);
  });

  test.each<[ExcelJS.CellValue, string, string]>([
    [new Date('2026-12-31T23:59:59Z'), 'yyyy/m/d h:mm:ss', '2026-12-31 23:59:59'],
    [new Date('2026-12-01T00:00:00Z'), 'yyyy/m/d h:mm', '2026-12-01 00:00'],
    [new Date('2026-12-31T00:00:00Z'), 'yyyy/m/d;@', '2026-12-31'],
    [new Date('2026-12-31T00:00:00Z'), '[$-F800]dddd, mmmm dd, yyyy', '2026-12-31'],
    [new Date('2026-12-31T20:30:00Z'), 'h:mm AM/PM', '20:30'],
    [true, 'General', 'TRUE'],
    [12_345_678_901, 'General', '12345678901'],
    [-5, '0_);(0)', '-5'],
    [-5, '0;[Red]-0', '-5'],
    [388, '_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * "-"??_ ;_ @_ ', '388'],
    ['甲', '_ @_ ', '甲'],
    ['甲', '0;-0;;@', '甲'],
  ])('%j shown as %s is read as %s', async (value, numFmt, shown) => {
    const bytes = await workbook([['a'], [value]], (sheet) => {
      sheet.getCell('A2').numFmt = numFmt;
    });
    expect((await read('a.xlsx', bytes)).rows).toMatchObject([{ cells: { a: shown } }]);
  });

  test.each<[ExcelJS.CellValue, string]>([
    [0.5, '0%'],
    [0.5, '# ?/?'],
    [7, '000'],
    [12_000, '0.00E+00'],
    [123_456_789_012, 'General'],
    [Number('773123456789012345'), '0'],
    [299, ';;;'],
    [-5, '0;0'],
    [-5, '0.00;[Red]0.00'],
    [0, '0;-0;;@'],
    [0, '#'],
    [0, '_ * #,##0_ ;_ * \\-#,##0_ ;_ * "-"_ ;_ @_ '],
    ['773123', '"SF"@'],
    ['甲', ';;;'],
    [{ richText: [{ text: '甲' }] }, ';;;'],
    [new Date('2026-12-31T00:00:00Z'), 'm"月"d"日"'],
    [new Date('2026-12-31T00:00:00Z'), 'yyyy"年"m"月"'],
    [new Date('2026-12-31T09:00:00Z'), 'yyyy/m/d h'],
    [new Date('1900-01-01T02:00:00Z'), '[h]:mm'],
    [new Date('1899-12-30T08:30:00Z'), 'yyyy/m/d'],
    [new Date('2026-12-31T00:00:00Z'), 'aaaa'],
  ])('%j shown as %s is refused by its cell', async (value, numFmt) => {
    const bytes = await workbook([['a'], [value]], (sheet) => {
      sheet.getCell('A2').numFmt = numFmt;
    });
    expect(await told('a.xlsx', bytes)).toEqual([expect.stringMatching(/^第 2 行「A2」：.*設成「文字」/)]);
  });

  test.each<[ExcelJS.CellValue, string, string]>([
    [1_234, '"¥"#,##0.00', 'dressed'],
    [1_234, '#,##0', 'dressed'],
    [234, '#,##0', 'number'],
    [50, '0.00', 'dressed'],
    [50.25, '0.00', 'number'],
    [5, '0"元"', 'dressed'],
    [-5, '0;(0)', 'dressed'],
    [-5, '0', 'number'],
  ])('%j shown as %s is a number %s', async (value, numFmt, typed) => {
    const bytes = await workbook([['a'], [value]], (sheet) => {
      sheet.getCell('A2').numFmt = numFmt;
    });
    expect((await read('a.xlsx', bytes)).rows).toMatchObject([{ typed: { a: typed } }]);
  });

  test('hidden rows and columns are nobody’s data, and are told in a line each; what WPS hides is not', async () => {
    const lines = [2, 3, 4, 5, 6].map((n) => [n, 'x', `n${n}`]);
    const bytes = await workbook([['id', 'old', 'name'], ...lines], (sheet) => {
      sheet.getColumn(2).hidden = true;
      for (const line of [3, 5, 6]) sheet.getRow(line).hidden = true;
      sheet.workbook.addWorksheet('WpsReserved_CellImgList', { state: 'veryHidden' }).getCell('A1').value = 1;
    });
    const { rows, columns, problems, remarks } = await read('a.xlsx', bytes);
    expect(rows.map(({ line, cells }) => [line, cells['name']])).toEqual([
      [2, 'n2'],
      [4, 'n4'],
    ]);
    expect({ columns, problems }).toEqual({ columns: ['id', 'name'], problems: [] });
    expect(remarks.map((remark) => tellProblem(remark))).toEqual([
      '酒店：隱藏的行沒有讀：3、5-6',
      '酒店：隱藏的欄沒有讀：B',
    ]);
  });

  test('a cell beyond the columns is refused', async () => {
    const wide: ExcelJS.CellValue[] = [];
    wide[150] = 'x';
    await expect(read('a.xlsx', await workbook([['id'], wide]))).rejects.toThrow('上限');
  });

  test('a zip bomb is refused before it is unpacked', async () => {
    const bomb = zip([{ name: 'xl/worksheets/sheet1.xml', content: Buffer.alloc(130 * 1024 * 1024, ' ') }]);
    expect(bomb.length).toBeLessThan(1024 * 1024);
    const before = process.memoryUsage().rss;
    await expect(read('a.xlsx', bomb)).rejects.toThrow('解開後太大');
    // The bomb itself was made here: what remains is what reading it cost.
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  test('a bomb that lies about its size, spreads over entries, or has too many cells is refused too', async () => {
    const part = Buffer.alloc(40 * 1024 * 1024, ' ');
    const spread = zip(
      [1, 2, 3, 4].map((n) => ({ name: `xl/worksheets/sheet${n}.xml`, content: part, declared: 10 })),
    );
    await expect(read('a.xlsx', spread)).rejects.toThrow('解開後太大');
    const cells = zip([
      { name: 'xl/worksheets/sheet1.xml', content: Buffer.from('<c r="A1"/>'.repeat(1_100_000)) },
    ]);
    await expect(read('a.xlsx', cells)).rejects.toThrow('格子太多');
  });

  test('an archive with a name that climbs out, entries the directory hides, or no archive at all is refused', async () => {
    await expect(
      read('a.xlsx', zip([{ name: '../../evil.xml', content: Buffer.from('x') }])),
    ).rejects.toThrow('可疑的檔名');
    const good = await workbook([['id'], ['1']]);
    const hidden = Buffer.concat([Buffer.from('prefix'), good]);
    await expect(read('a.xlsx', hidden)).rejects.toThrow('壞了');
    await expect(read('a.xlsx', good.subarray(0, good.length - 30))).rejects.toThrow('壞了');
    await expect(read('a.xlsx', 'id,name\n1,2\n')).rejects.toThrow('壞了');
    await expect(read('a.xlsx', Buffer.from('d0cf11e0a1b11ae1', 'hex'))).rejects.toThrow('.xls');
  });
});

describe('a workbook made by hand', () => {
  const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
  const related = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const rows = '<row r="1"><c r="A1" t="str"><v>id</v></c></row><row r="2"><c r="A2"><v>7</v></c></row>';
  const data = `<sheetData>${rows}</sheetData>`;

  /** A sound workbook of one cell under its heading, except for what is given. */
  function book(parts: {
    sheet?: string;
    names?: string;
    strings?: string;
    styles?: string;
    sheets?: number;
    /** As some programs write it: `<x:row>`, `<x:sheet q:id=…>`. */
    prefixed?: boolean;
    /** Where the notes of its cells lie. */
    notes?: string;
  }) {
    const {
      sheet = data,
      names = '',
      strings = '',
      styles = '',
      sheets = 1,
      prefixed = false,
      notes,
    } = parts;
    const numbers = Array.from({ length: sheets }, (_, i) => i + 1);
    const relation = (id: string, type: string, target: string) =>
      `<Relationship Id="${id}" Type="${related}/${type}" Target="${target}"/>`;
    const relations = (inner: string) =>
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${inner}</Relationships>`;
    const files: Record<string, string> = {
      '_rels/.rels': relations(relation('rId1', 'officeDocument', 'xl/workbook.xml')),
      'xl/workbook.xml': `<workbook ${main} xmlns:r="${related}"><sheets>${numbers
        .map((n) => `<sheet name="s${n}" sheetId="${n}" r:id="rId${n}"/>`)
        .join('')}</sheets>${names}</workbook>`,
      'xl/_rels/workbook.xml.rels': relations(
        numbers.map((n) => relation(`rId${n}`, 'worksheet', `worksheets/sheet${n}.xml`)).join(''),
      ),
      'xl/sharedStrings.xml': `<sst ${main}>${strings}</sst>`,
      'xl/styles.xml': `<styleSheet ${main}>${styles}</styleSheet>`,
      ...(notes && {
        [notes]: `<comments ${main}><commentList><comment ref="A2"><text><t>x</t></text></comment></commentList></comments>`,
        'xl/worksheets/_rels/sheet1.xml.rels': relations(relation('n', 'comments', `/${notes}`)),
      }),
      ...Object.fromEntries(
        numbers.map((n) => [`xl/worksheets/sheet${n}.xml`, `<worksheet ${main}>${sheet}</worksheet>`]),
      ),
    };
    const written = (text: string) =>
      prefixed
        ? text
            .replace(/<(\/?)(?=\w)/g, '<$1x:')
            .replace(/ xmlns=/g, ' xmlns:x=')
            .replace('xmlns:r=', 'xmlns:q=')
            .replaceAll(' r:id=', ' q:id=')
        : text;
    return zip(Object.entries(files).map(([name, text]) => ({ name, content: Buffer.from(written(text)) })));
  }
  const row = (r: string, cells = '') => data.replace(rows, `${rows}<row r="${r}">${cells}</row>`);
  const merged = (ref: string, times = 1) =>
    `${data}<mergeCells>${`<mergeCell ref="${ref}"/>`.repeat(times)}</mergeCells>`;
  const named = (ref: string) =>
    `<definedNames><definedName name="all">s1!${ref}</definedName><definedName name="_xlnm.Print_Area" localSheetId="0">s1!${ref}</definedName></definedNames>`;

  test.each<[string, Parameters<typeof book>[0]]>([
    ['nothing', {}],
    ['prefixes before its tags', { prefixed: true }],
    ['a name for the whole sheet', { names: named('$A$1:$XFD$1048576') }],
    ['a thousand such names', { names: named('$A$1:$XFD$1048576').repeat(1_000) }],
    ['a name for whole columns', { names: named('$A:$XFD') }],
    [
      'conditional formats of the whole sheet',
      {
        sheet: `${data}<conditionalFormatting sqref="A1:XFD1048576"><cfRule type="expression" priority="1"><formula>1</formula></cfRule></conditionalFormatting>`,
      },
    ],
    [
      'a choice of values for the whole sheet',
      {
        sheet: `${data}<dataValidations count="1"><dataValidation type="list" sqref="A1:XFD1048576"><formula1>"a,b"</formula1></dataValidation></dataValidations>`,
      },
    ],
    ['a filter over the whole sheet', { sheet: `${data}<autoFilter ref="A1:XFD1048576"/>` }],
    ['a width for all columns', { sheet: `<cols><col min="2" max="16384" width="9"/></cols>${data}` }],
    ['whole columns merged, which no program writes', { sheet: merged('B:XFD') }],
    ['an empty last row', { sheet: row('1048576') }],
    ['a hundred sheets', { sheets: 100 }],
    ['notes where Excel keeps them', { notes: 'xl/comments1.xml' }],
    ['notes where other programs keep them', { notes: 'xl/comments/comment1.xml' }],
    ['texts that no cell shows', { strings: '<si/>'.repeat(20_000) }],
  ])('%s: its one cell is read', async (_, parts) => {
    const { rows: found } = await read('a.xlsx', book(parts));
    expect(found).toMatchObject([{ line: 2, cells: { id: '7' } }]);
    expect(found).toHaveLength(1);
  });

  test.each<[string, Parameters<typeof book>[0], string]>([
    ['all cells merged', { sheet: merged('A1:XFD1048576') }, 'A1:XFD1048576'],
    ['all cells merged, from the end', { sheet: merged('XFD1048576:A1') }, '合併'],
    ['a column merged a hundred times', { sheet: merged('B1:B50000', 100) }, '合併'],
    ['a hundred thousand small merges', { sheet: merged('C3:C4', 100_000) }, '合併'],
    ['a row beyond the last', { sheet: row('999999999') }, '第 999999999 行'],
    [
      'a row beyond the last, in other quotes',
      { sheet: data.replace('r="2"', " r = '1048577' ") },
      '1048577',
    ],
    ['a row beyond the last, with something behind it', { sheet: row('999999999x') }, '第 999999999 行'],
    [
      'a column beyond the last, with something behind it',
      { sheet: row('3', '<c r="ZZZZZ3x"/>') },
      'ZZZZZ3x',
    ],
    ['a column beyond the last', { sheet: row('3', '<c r="XFE3"><v>1</v></c>') }, 'XFE3'],
    ['a column far beyond', { sheet: row('3', '<c r="ZZZZZZZ3"><v>1</v></c>') }, 'ZZZZZZZ3'],
    ['a width for a billion columns', { sheet: `<cols><col min="1" max="999999999"/></cols>${data}` }, '欄'],
    [
      'ten thousand rows that reach to the last column',
      {
        sheet: Array.from(
          { length: 10_000 },
          (_, i) => `<row r="${i + 1}"><c r="XFD${i + 1}" s="1"/></row>`,
        ).join(''),
      },
      '格子太多',
    ],
    ['millions of empty rows', { sheet: '<row/>'.repeat(3_000_000) }, '格子太多'],
    ['millions of empty texts', { strings: '<si/>'.repeat(3_000_000) }, '格子太多'],
    ['millions of runs in one text', { strings: `<si>${'<r/>'.repeat(11_000_000)}</si>` }, '格子太多'],
    ['millions of styles', { styles: `<cellXfs>${'<xf/>'.repeat(11_000_000)}</cellXfs>` }, '格子太多'],
    ['elements in elements, without end', { sheet: '<a>'.repeat(11_000_000) }, '格子太多'],
    ['six hundred sheets', { sheets: 600 }, '個檔案'],
    [
      'a row beyond the last, its tags prefixed',
      { sheet: row('999999999'), prefixed: true },
      '第 999999999 行',
    ],
  ])('%s: is refused with the file and the cause', async (_, parts, cause) => {
    const reading = read('酒店.xlsx', book(parts));
    await expect(reading).rejects.toMatchObject({ kind: 'Invalid' });
    await expect(reading).rejects.toThrow(/^酒店\.xlsx：/);
    await expect(reading).rejects.toThrow(cause);
  });

  test.each([
    [31, '46387', '2026-12-31'],
    [22, '46387.375', '2026-12-31 09:00'],
    [14, '46387', '2026-12-31'],
    [20, '0.375', '09:00'],
    [32, '0.375', '09:00'],
  ])('a moment in the format %i that every Excel has is read as it is shown', async (format, kept, shown) => {
    const styles = `<cellXfs><xf numFmtId="0"/><xf numFmtId="${format}"/></cellXfs>`;
    const sheet = data.replace('<c r="A2"><v>7</v>', `<c r="A2" s="1"><v>${kept}</v>`);
    const { rows: found } = await read('a.xlsx', book({ sheet, styles }));
    expect(found).toMatchObject([{ cells: { id: shown } }]);
  });

  test.each([
    [58, '46387'],
    [57, '46387'],
    [46, '1.5'],
    [47, '0.375'],
  ])('in the format %i no whole day or time is shown: refused', async (format, kept) => {
    const styles = `<cellXfs><xf numFmtId="0"/><xf numFmtId="${format}"/></cellXfs>`;
    const sheet = data.replace('<c r="A2"><v>7</v>', `<c r="A2" s="1"><v>${kept}</v>`);
    expect(await told('a.xlsx', book({ sheet, styles }))).toEqual([
      expect.stringMatching(/^第 2 行「A2」：這一格被當成日期存了.*設成「文字」/),
    ]);
  });

  test('what the format escapes is read once, wherever the text lies', async () => {
    const texts = [
      '_x003D_7+8',
      '_x003d_7+8',
      '_x005F_x003D_7+8',
      'a_x000D_\nb',
      '_x3D_ _xZZZZ_',
      '_x676d__x5DDE_',
    ];
    const shared = texts.map((text) => `<si><t>${text}</t></si>`).join('');
    const runs = texts.map((text) => `<si><r><t>${text}</t></r><r><t>_x0021_</t></r></si>`).join('');
    const cells = texts.map((text, i) => [
      `<c r="A${i + 2}" t="s"><v>${i}</v></c>`,
      `<c r="B${i + 2}" t="s"><v>${i + texts.length}</v></c>`,
      `<c r="C${i + 2}" t="str"><v>${text}</v></c>`,
      `<c r="D${i + 2}" t="inlineStr"><is><t>${text}</t></is></c>`,
    ]);
    const head = ['a', 'b', 'c', '_x0064_'].map(
      (name, i) => `<c r="${'ABCD'[i]}1" t="str"><v>${name}</v></c>`,
    );
    const sheet = `<sheetData><row r="1">${head.join('')}</row>${cells
      .map((row, i) => `<row r="${i + 2}">${row.join('')}</row>`)
      .join('')}</sheetData>`;
    const { rows: found } = await read('a.xlsx', book({ sheet, strings: shared + runs }));
    const meant = ['=7+8', '=7+8', '_x003D_7+8', 'a\r\nb', '_x3D_ _xZZZZ_', '杭州'];
    expect(found.map((one) => one.cells)).toEqual(
      meant.map((text) => ({ a: text, b: `${text}!`, c: text, d: text })),
    );
  });

  test('what is written so that only an XML parser sees it ends with the process that opened it', async () => {
    const hidden = merged('A1&#58;XFD1048576');
    await expect(read('酒店.xlsx', book({ sheet: hidden }))).rejects.toThrow(/^酒店\.xlsx：.*沒有讀完/);
    expect((await read('a.xlsx', book({}))).rows).toHaveLength(1);
  }, 90_000);
});

describe('JSON', () => {
  test('a list of objects, with names as in a sheet', async () => {
    const table = await read(
      'a.json',
      JSON.stringify([{ city: 'hangzhou', updatedOn: '2026-10-01', routes: ['一日'], tel: null }]),
    );
    expect(table.rows).toEqual([
      { line: 1, cells: { city: 'hangzhou', updated_on: '2026-10-01', routes: ['一日'] } },
    ]);
  });

  test('items that are no objects are told by their place', async () => {
    expect(await told('a.json', '[{"id":"a"}, 3, ["x"]]')).toEqual([
      '第 2 項：應是一個物件 {…}',
      '第 3 項：應是一個物件 {…}',
    ]);
  });

  test('prototypes stay as they are', async () => {
    const table = await read('a.json', '[{"id":"a","__proto__":{"polluted":1},"constructor":{"x":1}}]');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(table.rows[0]?.cells).not.toHaveProperty('polluted');
  });

  test('what is no JSON, or no list, is refused', async () => {
    await expect(read('a.json', '[{')).rejects.toThrow('JSON 讀不懂');
    // Not in the words of a parser.
    for (const text of ['[{', '[{"id":1,}]', "[{'id':1}]", '{"id":“1”}', '[{"id":1}\n{"id":2}]'])
      await expect(read('a.json', text)).rejects.toThrow(/^JSON 讀不懂：[^a-z]*JSON [^a-zA-Z]*$/);
    await expect(read('a.json', '[{"id":1},\n{"id":2},]')).rejects.toThrow('第 2 行第 10 個字起');
    await expect(read('a.json', '[{"id":"a"},\n{"id":')).rejects.toThrow('第 2 行第 6 個字起');
    await expect(read('a.json', '{"id":1}')).rejects.toThrow('最外層應是一個列表');
  });
});

/** A zip as an attacker makes it: deflated, with any declared size. */
function zip(entries: { name: string; content: Buffer; declared?: number }[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, declared = content.length } of entries) {
    const packed = deflateRawSync(content, { level: 9 });
    const sizes = Buffer.alloc(12);
    sizes.writeUInt32LE(crc32(content), 0);
    sizes.writeUInt32LE(packed.length, 4);
    sizes.writeUInt32LE(declared, 8);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    sizes.copy(local, 14);
    local.writeUInt16LE(name.length, 26);
    locals.push(local, Buffer.from(name), packed);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(8, 10);
    sizes.copy(central, 16);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    directory.push(central, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}
