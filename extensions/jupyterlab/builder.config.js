module.exports = { optimization: { moduleIds: 'named', chunkIds: 'named' } };
