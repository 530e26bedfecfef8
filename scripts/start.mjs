// `npm start [-- flags]`: installs what is missing, then serves.
process.argv.splice(2, 0, 'serve');
await import('./quarry.mjs');
