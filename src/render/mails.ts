import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../kit/root';
import { inScript, type Script } from '../kit/text';
import { createEngine, htmlIn } from './engine';

export type WrittenMail = { subject: string; text: string; html: string };

/**
 * What stands in mails: `templates/mail/<name>.txt`, whose first line is the subject, and `<name>.html` beside it, where every
 * value is escaped. Written in Traditional; both come out in the reader's script.
 */
export function createMailRender(folder: string = join(root, 'templates', 'mail')) {
  const plain = createEngine();
  const escaping = createEngine({ outputEscape: 'escape' });
  const source = (file: string) => readFileSync(join(folder, file), 'utf8');
  const mails = new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith('.txt'))
      .map((file) => file.slice(0, -4))
      .map((name) => [
        name,
        { text: plain.parse(source(`${name}.txt`)), html: escaping.parse(source(`${name}.html`)) },
      ]),
  );

  return {
    names: [...mails.keys()],
    mail(name: string, data: object, script: Script): WrittenMail {
      const template = mails.get(name);
      if (!template) throw new Error(`There is no mail templates/mail/${name}.txt.`);
      const whole = inScript(String(plain.renderSync(template.text, data)), script);
      const [subject = '', ...lines] = whole.split('\n');
      const text = lines.join('\n').replace(/\n{3,}/g, '\n\n');
      return {
        subject: subject.trim(),
        text: `${text.trim()}\n`,
        html: htmlIn(script, escaping, template.html, data),
      };
    },
  };
}

export type MailRender = ReturnType<typeof createMailRender>['mail'];
