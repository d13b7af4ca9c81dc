// serve: dynalite in memory on a free port of loopback; prints "ready PORT".
// Ends with its parent.
const dynalite = require(process.cwd() + '/node_modules/dynalite');

const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
server.listen(0, '127.0.0.1', () => console.log('ready ' + server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
