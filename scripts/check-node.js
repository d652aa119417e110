/* The first thing that runs. Written so that a very old Node can read it too and tell what is wrong. */
'use strict';
var needed = require('../package.json').engines.node.replace('>=', '').split('.').map(Number);
var have = process.versions.node.split('.').map(Number);

if (have[0] < needed[0] || (have[0] === needed[0] && have[1] < needed[1])) {
  process.stderr.write(
    '小藝 needs Node ' +
      needed.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\n' +
      'Install a current one (https://nodejs.org, or `nvm install 22`) and try again.\n',
  );
  process.exit(1);
}
