using System.Diagnostics.Metrics;

namespace Penstock.KeyValue;

/// <summary>
/// The meter <c>Penstock.KeyValue</c>, read from the loops' own counters when somebody observes, so that counting costs
/// the loops nothing.
/// </summary>
internal sealed class KeyValueMeter : IDisposable
{
    private readonly Meter _meter = new("Penstock.KeyValue");
    private readonly KeyValueDatabase _database;

    public KeyValueMeter(KeyValueDatabase database)
    {
        _database = database;
        CreateLoopCounters();
        CreateStoreInstruments();
    }

    public void Dispose() => Guard(_meter.Dispose);

    private void CreateLoopCounters()
    {
        Counter("penstock.kv.commands", "{command}", loop => loop.Counters.Commands,
            "Commands run or queued.");
        Counter("penstock.kv.hits", "{key}", loop => loop.Counters.Hits,
            "Keys that were read and there.");
        Counter("penstock.kv.misses", "{key}", loop => loop.Counters.Misses,
            "Keys that were read and not there.");
        Counter("penstock.kv.expired", "{key}", loop => loop.Keys.ExpiredKeys,
            "Keys removed because their time was over.");
        Counter("penstock.kv.evicted", "{key}", loop => loop.Counters.EvictedKeys,
            "Keys removed to make room.");
        Counter("penstock.kv.refused_writes", "{command}", loop => loop.Counters.RefusedWrites,
            "Writes refused for memory or disk.");
        Counter("penstock.kv.held_replies", "{hold}", loop => loop.Counters.HeldReplies,
            "Times that replies waited for the disk.");
        Counter("penstock.kv.slow_subscribers", "{client}", loop => loop.Counters.SlowSubscribers,
            "Subscribers disconnected because they did not read.");
    }

    private void CreateStoreInstruments()
    {
        Guard(() => _meter.CreateObservableUpDownCounter(
            "penstock.kv.keys", () => _database.Keyspace.Count, "{key}", "Keys stored."));
        Guard(() => _meter.CreateObservableUpDownCounter(
            "penstock.kv.memory", () => _database.Keyspace.MemoryBytes, "By", "Memory of keys, values and tables."));
        Guard(() => _meter.CreateObservableCounter(
            "penstock.kv.log_syncs",
            () => _database.Log?.Syncs ?? 0,
            "{sync}",
            "Times that the log was forced to the disk."));
    }

    private void Counter(string name, string unit, Func<KeyValueLoop, long> read, string description) =>
        Guard(() => _meter.CreateObservableCounter(name, () => _database.Sum(read), unit, description));

    /// <summary>
    /// What a listener throws comes out where an instrument is made or ends. It must not keep the server from starting,
    /// nor a stop from ending the log.
    /// </summary>
    private static void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            KeyValueEventSource.Log.MeterFault(exception);
        }
    }
}
