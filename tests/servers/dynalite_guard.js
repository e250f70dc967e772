// dynalite throws what ends a request early (index.js: `req.on('error', ...)`). A client that is killed amid a request,
// as crash tests do, would so end the server for everybody: such a request is only dropped.
process.on('uncaughtException', error => {
  if (error.code === 'ECONNRESET' && error.message === 'aborted') return
  console.error(error)
  process.exit(1)
})
