// Loaded with --import into each process of the demo: when the one that started it is gone, killed or not, it goes too.
process.channel?.unref();
process.once('disconnect', () => process.exit());
